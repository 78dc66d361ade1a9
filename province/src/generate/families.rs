//! Families: who lives with whom, where, and what the register says about them besides their papers.

use pilothouse_identity::{PartialDate, Sex};
use time::{Date, Duration};

use super::communes::OldCommunes;
use super::pyramid::{AGES, Pool};
use crate::day::Day;
use crate::draw::Draw;
use crate::facts::{Card, Ethnicity, HouseholdRole, MaritalStatus, Nationality, PolicyGroup, Religion};
use crate::names::{self, NameParts, SurnameRegion};
use crate::people::{ELSEWHERE, Household, NO_PLACE, Person};

/// Households in 100 by size, from one to nine.
const SIZES: [u32; 9] = [9, 18, 21, 27, 14, 7, 2, 1, 1];

/// Least years between parent and child.
const GENERATION: usize = 18;

/// After every so many households, the next person who lives alone is a namesake of the last head: same name, same day of birth, same commune.
const NAMESAKES: u32 = 250;

/// Every so many households, the two youngest children are twins where there are two.
const TWINS: u32 = 40;

/// Days of a year, for moves and deaths.
const YEAR: u32 = 365;

/// What a whole household shares.
struct Home {
    household: u32,
    place: u8,
    ethnicity: Ethnicity,
    religion: Religion,
    region: SurnameRegion,
    surname: u8,
}

/// Whose name, birthday and commune somebody else is to have.
struct Namesake {
    name: NameParts,
    born: PartialDate,
    sex: Sex,
    place: u8,
}

pub(super) fn draw(
    draw: &mut Draw,
    count: u32,
    reference: Date,
    communes: &OldCommunes,
) -> (Vec<Person>, Vec<Household>) {
    let mut pool = Pool::new(count);
    let mut people = Vec::with_capacity(count as usize);
    let mut households: Vec<Household> = Vec::with_capacity(count as usize / 3);
    let mut namesake: Option<Namesake> = None;
    while pool.left() > 0 {
        let index = households.len() as u32;
        let ethnicity = match draw.below(10_000) {
            0..207 => Ethnicity::BruVanKieu,
            207..280 => Ethnicity::Chut,
            280..287 => Ethnicity::Muong,
            287..294 => Ethnicity::Tay,
            294..300 => Ethnicity::Tho,
            _ => Ethnicity::Kinh,
        };
        let mut place = communes.draw(draw, ethnicity);
        let first = people.len() as u32;
        let Some(members) = members(draw, &mut pool) else {
            // Only children are left: they live with relatives of the household before.
            while let Some((sex, age)) = pool.take_any(draw) {
                join_the_last(draw, &mut people, &mut households, sex, age, reference);
            }
            break;
        };
        let twin_of_name = namesake.take_if(|model| matches!(&members[..], [(_, sex, _)] if *sex == model.sex));
        if let Some(model) = &twin_of_name {
            place = model.place;
        }
        let region = communes.region(place, ethnicity);
        let religion = match draw.below(10_000) {
            point if region != SurnameRegion::Minority && point < communes.catholic_share(place) => Religion::Catholic,
            9_970.. => Religion::Buddhist,
            _ => Religion::None,
        };
        let surname = names::surname(draw, region);
        let home = Home { household: index, place, ethnicity, religion, region, surname };
        for (role, sex, age) in members {
            let person = person(draw, &home, role, sex, age, reference);
            people.push(person);
        }
        let rows = &mut people[first as usize..];
        if let (Some(model), [head]) = (twin_of_name, &mut *rows) {
            (head.name, head.born) = (model.name, model.born);
        }
        if let (true, Some(head)) = (index.is_multiple_of(NAMESAKES), rows.first()) {
            namesake = Some(Namesake { name: head.name, born: head.born, sex: head.sex, place });
        }
        if index.is_multiple_of(TWINS) {
            make_twins(rows);
        }
        settle_marriages(draw, rows);
        households.push(household(draw, &home, first, rows.len() as u16, reference, communes));
    }
    (people, households)
}

/// Role, sex and age of everybody in one household; `None` if no adult is left.
fn members(draw: &mut Draw, pool: &mut Pool) -> Option<Vec<(HouseholdRole, Sex, usize)>> {
    let size = draw.weighted(SIZES.into_iter()) + 1;
    let sex = if draw.chance(7_200) { Sex::Male } else { Sex::Female };
    let heads = [(sex, 22), (opposite(sex), 22), (sex, 18), (opposite(sex), 18)];
    let (sex, head) =
        heads.into_iter().find_map(|(sex, least)| pool.take(draw, sex, least, AGES - 1).map(|age| (sex, age)))?;
    let other = opposite(sex);
    let mut members = vec![(HouseholdRole::Head, sex, head)];
    if size > 1 && draw.chance(8_500) {
        let offset = draw.below(6) as usize;
        let wanted = if sex == Sex::Male { head.saturating_sub(offset) } else { head + offset };
        let least = if other == Sex::Male { 20 } else { 18 };
        if let Some(age) = pool.take_near(other, wanted, 8, least) {
            members.push((HouseholdRole::Spouse, other, age));
        }
    }
    let youngest_parent = members.iter().map(|(_, _, age)| *age).min().unwrap_or(head);
    while members.len() < size {
        let mut taken = pool.take_any(draw);
        // Someone of the couple's own age seldom lives with them: look again, a few times.
        for _ in 0..6 {
            let Some((sex, age)) = taken else { break };
            if age + GENERATION <= youngest_parent || (age >= head + GENERATION && members.len() < 5) {
                break;
            }
            pool.put_back(sex, age);
            taken = pool.take_any(draw);
        }
        let Some((sex, age)) = taken else { break };
        let role = if age + GENERATION <= youngest_parent && age + 45 > youngest_parent {
            HouseholdRole::Child
        } else if age + 45 <= youngest_parent {
            HouseholdRole::Grandchild
        } else if age >= head + GENERATION {
            HouseholdRole::Parent
        } else {
            HouseholdRole::Relative
        };
        members.push((role, sex, age));
    }
    // Children stand by age, so that twins stand side by side.
    members.sort_by_key(|(role, _, age)| (*role, std::cmp::Reverse(*age)));
    Some(members)
}

const fn opposite(sex: Sex) -> Sex {
    match sex {
        Sex::Male => Sex::Female,
        Sex::Female => Sex::Male,
    }
}

fn person(draw: &mut Draw, home: &Home, role: HouseholdRole, sex: Sex, age: usize, reference: Date) -> Person {
    let born = birth(draw, age, reference);
    let surname = match role {
        HouseholdRole::Head | HouseholdRole::Child | HouseholdRole::Grandchild => home.surname,
        HouseholdRole::Parent if sex == Sex::Male => home.surname,
        HouseholdRole::Spouse | HouseholdRole::Parent | HouseholdRole::Relative => names::surname(draw, home.region),
    };
    // A few wives come from beyond the border.
    let is_foreign = role == HouseholdRole::Spouse && draw.chance(40);
    let died = death(draw, age, born, reference);
    let temporary = if draw.chance(300) { draw.below(145) as u8 } else { NO_PLACE };
    let temporary = if temporary == home.place { NO_PLACE } else { temporary };
    let away = draw.chance(400);
    let current = match temporary {
        _ if away => ELSEWHERE,
        NO_PLACE => home.place,
        place => place,
    };
    Person {
        number: 0,
        cancelled: 0,
        old: 0,
        household: home.household,
        born,
        died,
        issued: Day::NONE,
        expires: Day::NONE,
        name: NameParts::draw(draw, surname, sex, born.year(), home.region),
        sex,
        nationality: if is_foreign { Nationality::Laos } else { Nationality::VietNam },
        ethnicity: if is_foreign { Ethnicity::Other } else { home.ethnicity },
        religion: home.religion,
        marital: unmarried_status(draw, role, age),
        role,
        card: Card::None,
        revoked: false,
        temporary: if away { NO_PLACE } else { temporary },
        current,
    }
}

/// A day of birth that makes the person `age` years old on the reference day; of the old, some know only the year.
fn birth(draw: &mut Draw, age: usize, reference: Date) -> PartialDate {
    let latest = crate::day::years_after(reference, -(age as i32));
    let date = latest - Duration::days(i64::from(draw.below(YEAR)));
    let full = PartialDate::from(date);
    if age < 65 {
        return full;
    }
    match draw.below(1_000) {
        0..20 => PartialDate::full(full.year(), 1, 1).unwrap_or(full),
        20..25 => PartialDate::of_year(full.year()).unwrap_or(full),
        _ => full,
    }
}

fn death(draw: &mut Draw, age: usize, born: PartialDate, reference: Date) -> Day {
    let share = match age {
        0..60 => 20,
        60..80 => 250,
        _ => 1_000,
    };
    if !draw.chance(share) {
        return Day::NONE;
    }
    let died = reference - Duration::days(i64::from(draw.between(1, 3 * YEAR)));
    let lived = born.to_date().is_none_or(|born| born < died) && i32::from(born.year()) < died.year();
    if lived { Day::of(died) } else { Day::NONE }
}

fn unmarried_status(draw: &mut Draw, role: HouseholdRole, age: usize) -> MaritalStatus {
    match (role, age) {
        (_, 0..20) => MaritalStatus::Single,
        (HouseholdRole::Child | HouseholdRole::Grandchild, 20..30) => MaritalStatus::Single,
        (HouseholdRole::Child, _) if draw.chance(6_000) => MaritalStatus::Single,
        (_, 60..) if draw.chance(8_000) => MaritalStatus::Widowed,
        (_, 25..) if draw.chance(3_500) => MaritalStatus::Divorced,
        _ => MaritalStatus::Single,
    }
}

/// Head and spouse are married, or widowed by the other's death.
fn settle_marriages(draw: &mut Draw, rows: &mut [Person]) {
    if let [head, spouse, ..] = rows
        && spouse.role == HouseholdRole::Spouse
    {
        let status = |other: &Person| {
            if other.died == Day::NONE { MaritalStatus::Married } else { MaritalStatus::Widowed }
        };
        (head.marital, spouse.marital) = (status(spouse), status(head));
    }
    for parent in rows.iter_mut().filter(|person| person.role == HouseholdRole::Parent && draw.chance(5_000)) {
        parent.marital = MaritalStatus::Married;
    }
}

/// The two youngest children get one birthday; their serials will follow each other.
fn make_twins(rows: &mut [Person]) {
    let mut children: Vec<&mut Person> = rows.iter_mut().filter(|person| person.role == HouseholdRole::Child).collect();
    children.sort_by_key(|child| std::cmp::Reverse(child.born));
    if let [first, second, ..] = children.as_mut_slice() {
        // Of one sex, for only then the serials are of one series.
        if first.sex == second.sex {
            second.born = first.born;
            second.died = Day::NONE;
        }
    }
}

fn household(
    draw: &mut Draw,
    home: &Home,
    first: u32,
    count: u16,
    reference: Date,
    communes: &OldCommunes,
) -> Household {
    let moved = draw.chance(200);
    let moved_from = if moved { communes.draw(draw, home.ethnicity) } else { NO_PLACE };
    let days_ago = i64::from(draw.below(YEAR));
    let moved = moved && moved_from != home.place;
    Household {
        first,
        count,
        place: home.place,
        hamlet: draw.below(200) as u8,
        moved_from: if moved { moved_from } else { NO_PLACE },
        moved: if moved { Day::of(reference - Duration::days(days_ago)) } else { Day::NONE },
        policy: policy(draw, home, reference),
    }
}

/// Lists are made each autumn and hold from 1 January.
fn policy(draw: &mut Draw, home: &Home, reference: Date) -> Option<(PolicyGroup, Day)> {
    let (poor, near_poor) = if home.region == SurnameRegion::Minority { (3_500, 2_000) } else { (400, 400) };
    let (group, years_ago) = match draw.below(10_000) {
        point if point < poor => (PolicyGroup::Poor, 0),
        point if point < poor + near_poor => (PolicyGroup::NearPoor, 0),
        // Two years ago still counts, four years ago no more.
        point if point < poor + near_poor + 100 => (PolicyGroup::NewlyEscaped, 2),
        point if point < poor + near_poor + 200 => (PolicyGroup::NewlyEscaped, 4),
        _ => return None,
    };
    let since = Date::from_calendar_date(reference.year() - years_ago, time::Month::January, 1).ok()?;
    Some((group, Day::of(since)))
}

fn join_the_last(
    draw: &mut Draw,
    people: &mut Vec<Person>,
    households: &mut [Household],
    sex: Sex,
    age: usize,
    reference: Date,
) {
    let (Some(last), Some(household)) = (people.last(), households.last_mut()) else { return };
    let home = Home {
        household: last.household,
        place: household.place,
        ethnicity: last.ethnicity,
        religion: last.religion,
        region: SurnameRegion::Usual,
        surname: last.name.surname.max(1),
    };
    let person = person(draw, &home, HouseholdRole::Relative, sex, age, reference);
    household.count += 1;
    people.push(person);
}
