//! Makes counts publishable: small cells are hidden, and so are enough others that nobody can subtract them back.
//!
//! The table is looked at with its totals. Along every line (one dimension varies, the others stand) the inner cells add
//! up to the total, so a line gives a hidden value away if it is the only hidden one, or if the hidden ones add up to
//! less than the minimum. Such a line hides one more, until no line gives anything away; totals go last.

use std::collections::VecDeque;

use crate::aggregate::{Axis, Cube};

/// How counts are made publishable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Least count that is shown, apart from 0. The usual floor is 10, for sensitive dimensions 30; 0 or 1 hides nothing.
    pub minimum: u32,
    /// Whether further cells are hidden so that small ones cannot be computed.
    pub complementary: bool,
    /// Whether what is shown is rounded to the nearest multiple of 5, each value for itself.
    pub round_to_five: bool,
}

impl Default for Suppression {
    fn default() -> Self {
        Self { minimum: 10, complementary: true, round_to_five: false }
    }
}

/// A value as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The count, perhaps rounded.
    Count(u32),
    /// Hidden.
    Suppressed,
}

/// A table that may be shown, with its totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The dimensions. Additive ones have one position more than labels: the last is the total.
    pub axes: Vec<Axis>,
    /// All values, totals included, the last dimension varying fastest.
    pub cells: Vec<Cell>,
    /// How many of the inner cells are hidden.
    pub suppressed: usize,
}

impl Published {
    /// The value at a position of each axis; the number of labels is the position of the total.
    #[must_use]
    pub fn cell(&self, positions: &[usize]) -> Option<Cell> {
        if positions.len() != self.axes.len() {
            return None;
        }
        let index = self.axes.iter().zip(positions).try_fold(0, |index, (axis, position)| {
            (*position < length(axis)).then(|| index * length(axis) + position)
        })?;
        self.cells.get(index).copied()
    }

    /// The total of a table whose dimensions are all additive.
    #[must_use]
    pub fn total(&self) -> Option<Cell> {
        let totals: Vec<usize> = self.axes.iter().map(|axis| axis.labels.len()).collect();
        self.cell(&totals)
    }
}

impl Suppression {
    /// Makes a table publishable.
    #[must_use]
    pub fn publish(&self, cube: Cube) -> Published {
        let mut table = Table::with_totals(cube);
        for index in 0..table.counts.len() {
            table.hidden[index] = (1..self.minimum).contains(&table.counts[index]);
        }
        if self.complementary {
            table.close(self.minimum);
        }
        let shown = |count: u32| if self.round_to_five { (count + 2) / 5 * 5 } else { count };
        let cells = table.counts.iter().zip(&table.hidden);
        let cells = cells.map(|(count, hidden)| if *hidden { Cell::Suppressed } else { Cell::Count(shown(*count)) });
        let cells = cells.collect();
        let suppressed = (0..table.counts.len()).filter(|index| table.hidden[*index] && table.is_inner(*index)).count();
        Published { axes: table.axes, cells, suppressed }
    }
}

/// Positions along an axis, the total included.
fn length(axis: &Axis) -> usize {
    axis.labels.len() + usize::from(axis.dim.is_additive())
}

/// Counts with their totals, and what of them is hidden.
struct Table {
    axes: Vec<Axis>,
    /// Distance between neighbours along each axis.
    strides: Vec<usize>,
    counts: Vec<u32>,
    hidden: Vec<bool>,
}

impl Table {
    fn with_totals(cube: Cube) -> Self {
        let Cube { axes, counts } = cube;
        let mut strides = vec![1; axes.len()];
        for axis in (1..axes.len()).rev() {
            strides[axis - 1] = strides[axis] * length(&axes[axis]);
        }
        let size = axes.iter().map(length).product();
        let mut table = Self { axes, strides, counts: vec![0; size], hidden: vec![false; size] };
        for (cell, count) in counts.into_iter().enumerate() {
            let (mut rest, mut index) = (cell, 0);
            for (axis, stride) in table.axes.iter().zip(&table.strides).rev() {
                index += rest % axis.labels.len() * stride;
                rest /= axis.labels.len();
            }
            table.counts[index] = count;
        }
        // Totals along one axis after the other make the totals of totals, too.
        for axis in 0..table.axes.len() {
            for start in table.line_starts(axis) {
                let (inner, total) = table.line(axis, start);
                table.counts[total] = inner.map(|index| table.counts[index]).sum();
            }
        }
        table
    }

    /// First cells of all lines along an axis; none where it has no total.
    fn line_starts(&self, axis: usize) -> Vec<usize> {
        if !self.axes[axis].dim.is_additive() {
            return Vec::new();
        }
        (0..self.counts.len()).filter(|index| self.position(*index, axis) == 0).collect()
    }

    fn position(&self, index: usize, axis: usize) -> usize {
        index / self.strides[axis] % length(&self.axes[axis])
    }

    /// The inner cells of a line, and its total.
    fn line(&self, axis: usize, start: usize) -> (impl Iterator<Item = usize> + Clone + use<>, usize) {
        let (stride, count) = (self.strides[axis], self.axes[axis].labels.len());
        ((0..count).map(move |position| start + position * stride), start + count * stride)
    }

    /// Hides further cells until no line gives a hidden one away. Ends, as every step hides one more.
    fn close(&mut self, minimum: u32) {
        let mut queue: VecDeque<(usize, usize)> = (0..self.axes.len())
            .flat_map(|axis| self.line_starts(axis).into_iter().map(move |at| (axis, at)))
            .collect();
        while let Some((axis, start)) = queue.pop_front() {
            let Some(chosen) = self.one_more(axis, start, minimum) else { continue };
            self.hidden[chosen] = true;
            queue.push_back((axis, start));
            for other in (0..self.axes.len()).filter(|other| *other != axis && self.axes[*other].dim.is_additive()) {
                queue.push_back((other, chosen - self.position(chosen, other) * self.strides[other]));
            }
        }
    }

    /// The cell to hide next in a line that gives something away; `None` if it is safe.
    fn one_more(&self, axis: usize, start: usize, minimum: u32) -> Option<usize> {
        let (inner, total) = self.line(axis, start);
        let hidden = inner.clone().filter(|index| self.hidden[*index]);
        let (count, sum) = hidden.fold((0, 0), |(count, sum), index| (count + 1, sum + self.counts[index]));
        let is_safe = if self.hidden[total] {
            // The total can be added up from the inner cells unless one of them is hidden.
            count > 0
        } else {
            count == 0 || (count > 1 && sum >= minimum)
        };
        if is_safe {
            return None;
        }
        // The smallest costs least. Zeros hide nothing: whoever sees the sum sees the other cell.
        let shown = inner.filter(|index| !self.hidden[*index] && self.counts[*index] > 0);
        let smallest = shown.min_by_key(|index| (self.counts[*index], *index));
        smallest.or_else(|| (!self.hidden[total]).then_some(total)).or_else(|| {
            let (mut inner, _) = self.line(axis, start);
            inner.find(|index| !self.hidden[*index])
        })
    }

    fn is_inner(&self, index: usize) -> bool {
        (0..self.axes.len()).all(|axis| self.position(index, axis) < self.axes[axis].labels.len())
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_identity::Sex;
    use proptest::prelude::*;

    use super::{Cell, Published, Suppression, length};
    use crate::aggregate::{Axis, Cube, Dim, Label};

    fn axis(dim: Dim, count: usize) -> Axis {
        Axis { dim, labels: vec![Label::Sex(Sex::Male); count] }
    }

    fn publish(sides: &[usize], counts: &[u32], suppression: Suppression) -> Published {
        let axes = sides.iter().map(|count| axis(Dim::Sex, *count)).collect();
        suppression.publish(Cube { axes, counts: counts.to_vec() })
    }

    #[test]
    fn one_small_cell_in_a_row_hides_one_more_and_the_total_is_kept() {
        let published = publish(&[4], &[3, 40, 25, 60], Suppression::default());
        let shown = [Cell::Suppressed, Cell::Count(40), Cell::Suppressed, Cell::Count(60), Cell::Count(128)];
        assert_eq!(published.cells, shown);
        assert_eq!((published.suppressed, published.total()), (2, Some(Cell::Count(128))));
    }

    #[test]
    fn without_small_cells_everything_is_shown_and_zero_is_no_secret() {
        let published = publish(&[3], &[0, 10, 99], Suppression::default());
        assert_eq!(published.cells, [Cell::Count(0), Cell::Count(10), Cell::Count(99), Cell::Count(109)]);
    }

    #[test]
    fn small_cells_that_add_up_to_a_small_sum_hide_a_further_one() {
        let published = publish(&[4], &[1, 2, 0, 50], Suppression::default());
        let hidden = [Cell::Suppressed, Cell::Suppressed, Cell::Count(0), Cell::Suppressed];
        assert_eq!(published.cells[..4], hidden);
    }

    #[test]
    fn a_line_with_one_cell_hides_its_total() {
        assert_eq!(publish(&[1], &[4], Suppression::default()).cells, [Cell::Suppressed, Cell::Suppressed]);
        assert_eq!(publish(&[], &[4], Suppression::default()).cells, [Cell::Suppressed]);
        assert_eq!(publish(&[], &[14], Suppression::default()).cells, [Cell::Count(14)]);
    }

    #[test]
    fn rounding_and_plain_suppression_are_options() {
        let plain = Suppression { minimum: 5, complementary: false, round_to_five: true };
        let published = publish(&[3], &[3, 12, 13], plain);
        assert_eq!(published.cells, [Cell::Suppressed, Cell::Count(10), Cell::Count(15), Cell::Count(30)]);
    }

    #[test]
    fn kinds_that_overlap_have_no_total() {
        let axes = vec![axis(Dim::ResidenceKind, 2), axis(Dim::Sex, 2)];
        let published = Suppression::default().publish(Cube { axes, counts: vec![20, 30, 3, 40] });
        assert_eq!(published.cells.len(), 6);
        assert_eq!(published.cell(&[0, 2]), Some(Cell::Count(50)));
        assert_eq!(published.cell(&[1, 0]), Some(Cell::Suppressed));
        assert_eq!(published.cell(&[1, 1]), Some(Cell::Suppressed));
        assert_eq!(published.total(), None);
    }

    /// What a reader can do: fill in the one unknown of a line, again and again. Returns what was found out.
    fn attack(published: &Published) -> Vec<Option<i64>> {
        let shown = |cell: &Cell| if let Cell::Count(count) = cell { Some(i64::from(*count)) } else { None };
        let mut known: Vec<Option<i64>> = published.cells.iter().map(shown).collect();
        let sides: Vec<usize> = published.axes.iter().map(length).collect();
        loop {
            let before = known.iter().flatten().count();
            let mut stride = 1;
            for side in sides.iter().rev() {
                for start in (0..known.len()).filter(|index| index / stride % side == 0) {
                    let line: Vec<usize> = (0..*side).map(|position| start + position * stride).collect();
                    let unknown: Vec<usize> = line.iter().copied().filter(|index| known[*index].is_none()).collect();
                    if let [gap] = unknown[..] {
                        let total = *line.last().unwrap();
                        let inner: i64 = line[..side - 1].iter().filter_map(|index| known[*index]).sum();
                        known[gap] = Some(if gap == total { inner } else { known[total].unwrap() - inner });
                    }
                }
                stride *= side;
            }
            if known.iter().flatten().count() == before {
                return known;
            }
        }
    }

    #[test]
    fn the_attack_of_the_property_test_finds_what_plain_suppression_gives_away() {
        let plain = Suppression { complementary: false, ..Suppression::default() };
        let published = publish(&[2, 2], &[3, 40, 50, 60], plain);
        assert_eq!(attack(&published)[0], Some(3));
    }

    proptest! {
        #[test]
        fn no_suppressed_value_follows_by_subtraction(
            sides in proptest::collection::vec(1_usize..6, 1..=3),
            pool in proptest::collection::vec(prop_oneof![Just(0_u32), 1_u32..10, 10_u32..200], 125),
            minimum in 2_u32..40,
        ) {
            let counts = &pool[..sides.iter().product()];
            let published = publish(&sides, counts, Suppression { minimum, ..Suppression::default() });
            let known = attack(&published);
            for (cell, known) in published.cells.iter().zip(&known) {
                prop_assert!(*cell != Cell::Suppressed || known.is_none());
                if let Cell::Count(count) = cell {
                    prop_assert!(*count == 0 || *count >= minimum);
                }
            }
        }

        #[test]
        fn totals_equal_what_is_shown_plus_what_is_hidden(
            rows in 1_usize..5, columns in 1_usize..5,
            pool in proptest::collection::vec(0_u32..60, 25),
        ) {
            let counts = &pool[..rows * columns];
            let published = publish(&[rows, columns], counts, Suppression::default());
            if let Some(Cell::Count(total)) = published.total() {
                prop_assert_eq!(total, counts.iter().sum::<u32>());
            }
        }
    }
}
