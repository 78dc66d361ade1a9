//! What a grant of `messaging` may say: to whom, in which approved texts, on which channels, when and how often.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::{TemplateName, closed_set};

closed_set! {
    /// To whom a message goes.
    Audience, "the audience", {
        /// Citizens.
        Citizen = "citizen" ("công dân", "citizens"),
        /// People of another nationality.
        Foreigner = "foreigner" ("người nước ngoài", "foreigners"),
        /// Whoever is on duty at a facility.
        Staff = "staff" ("nhân viên cơ sở", "a facility's staff"),
    }
}

closed_set! {
    /// The way that a message takes.
    Channel, "the channel", {
        /// The inbox of VNeID.
        VneidInbox = "vneid-inbox" ("hộp thư VNeID", "VNeID inbox"),
        /// The province's app.
        CitizenApp = "citizen-app" ("ứng dụng của tỉnh", "the province's app"),
        /// A short message under the authority's name.
        SmsBrandname = "sms-brandname" ("tin nhắn định danh", "brandname SMS"),
        /// The app of officials and facilities' staff.
        StaffApp = "staff-app" ("ứng dụng của nhân viên", "the staff app"),
        /// A task for the call centre.
        CallCentre = "call-centre" ("tổng đài gọi điện", "the call centre"),
    }
}

/// The hours of the day that nobody may be written to by default: 21:00 to 07:00, a default of ours.
const DEFAULT_FROM: u8 = 7;
const DEFAULT_UNTIL: u8 = 21;

/// What a grant of `messaging` may say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MessagingScope {
    /// To whom.
    pub audiences: BTreeSet<Audience>,
    /// On which channels.
    pub channels: BTreeSet<Channel>,
    /// In which approved texts.
    pub templates: BTreeSet<TemplateName>,
    /// The hour (province time) from which people may be written to; before it, messages to them are held.
    pub send_from: u8,
    /// The hour from which messages to people are held until the next day's `send-from`.
    pub send_until: u8,
    /// Messages to one person in a calendar month, over all templates.
    pub per_person_month: u32,
}

/// Grants nothing, but says the usual hours.
impl Default for MessagingScope {
    fn default() -> Self {
        Self {
            audiences: BTreeSet::new(),
            channels: BTreeSet::new(),
            templates: BTreeSet::new(),
            send_from: DEFAULT_FROM,
            send_until: DEFAULT_UNTIL,
            per_person_month: 0,
        }
    }
}

/// What a call asks of `messaging`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagingAsk<'a> {
    /// To send a message.
    Message {
        /// To whom.
        audience: Audience,
        /// In this text.
        template: &'a TemplateName,
        /// On one of these channels.
        channels: &'a [Channel],
    },
}

impl Scope for MessagingScope {
    type Ask<'a> = MessagingAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            audiences: both(&self.audiences, &other.audiences),
            channels: both(&self.channels, &other.channels),
            templates: both(&self.templates, &other.templates),
            send_from: self.send_from.max(other.send_from),
            send_until: self.send_until.min(other.send_until),
            per_person_month: self.per_person_month.min(other.per_person_month),
        }
    }

    fn permits(&self, ask: &MessagingAsk<'_>) -> Result<(), ScopeMiss> {
        let MessagingAsk::Message { audience, template, channels } = ask;
        if !self.audiences.contains(audience) {
            return Err(ScopeMiss::new("audiences", audience, MissKind::Field));
        }
        if !self.templates.contains(*template) {
            return Err(ScopeMiss::new("templates", template, MissKind::Field));
        }
        match channels.iter().find(|channel| !self.channels.contains(channel)) {
            Some(channel) => Err(ScopeMiss::new("channels", channel, MissKind::Field)),
            None => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let earlier = (self.send_from < old.send_from).then(|| {
            let (old, new) = (old.send_from, self.send_from);
            Difference::new(
                "send-from",
                format!("Nhắn tin cho người dân sớm hơn: từ {new} giờ, trước đây từ {old} giờ"),
                format!("Writes to people earlier: from {new}:00, before from {old}:00"),
            )
        });
        [
            Difference::of_sets(
                "audiences",
                &old.audiences,
                &self.audiences,
                ("Nhắn tin{ thêm} cho", "Writes{ in addition} to"),
                |audience| (audience.vi().to_owned(), audience.en().to_owned()),
            ),
            Difference::of_sets(
                "channels",
                &old.channels,
                &self.channels,
                ("Nhắn tin{ thêm} qua", "Writes{ in addition} by"),
                |channel| (channel.vi().to_owned(), channel.en().to_owned()),
            ),
            Difference::of_sets(
                "templates",
                &old.templates,
                &self.templates,
                ("Dùng{ thêm} mẫu tin", "Uses{ in addition} the texts"),
                name_words,
            ),
            earlier,
            Difference::of_maxima(
                "send-until",
                old.send_until,
                self.send_until,
                ("Giờ muộn nhất được nhắn tin cho người dân", "Latest hour at which people are written to"),
            ),
            Difference::of_maxima(
                "per-person-month",
                old.per_person_month,
                self.per_person_month,
                ("Số tin cho một người mỗi tháng", "Messages to one person in a month"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
