//! What two approve, as officers see it: where, how much, until when, who asked and approved, and what withdrawing it does.

use pilothouse_registry::{Act, GrantState, Package, Subject};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::offset;

use super::super::approvals::{Sought, rights_of};
use super::super::{House, HouseError, now, parse};

/// Something that two officers approve, with what has to be known to decide on it.
#[derive(Debug, Clone, Serialize)]
pub struct SoughtLine {
    /// As it is kept.
    #[serde(flatten)]
    kept: Value,
    /// A capability's name, or `build`, `hand-over`, `older`, `settings`.
    kind: String,
    /// The names of its units, where it has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unit_names: Vec<String>,
    /// When it ends, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
    /// Since when it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force_since: Option<String>,
    /// The credential that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
    /// The credentials that approved.
    approved_by: Vec<String>,
    /// What withdrawing it does, in both languages.
    withdrawing: Withdrawing,
}

/// What withdrawing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Withdrawing {
    /// Whether the pilot is off then.
    switches_off: bool,
    vi: &'static str,
    en: &'static str,
}

const NOTHING: Withdrawing = Withdrawing {
    switches_off: false,
    vi: "Đề nghị bị bác",
    en: "The request is turned down; nothing in service changes",
};
const OFF: Withdrawing = Withdrawing {
    switches_off: true,
    vi: "Ứng dụng đang chạy bị TẮT ngay, cho đến khi được cấp lại",
    en: "The pilot in service is switched OFF at once, until it is granted again",
};
const NARROWER: Withdrawing = Withdrawing {
    switches_off: false,
    vi: "Ứng dụng vẫn chạy; các lượt gọi chỉ dựa vào quyền này bị từ chối",
    en: "The pilot goes on; calls that only this covers are denied",
};
const BACK: Withdrawing = Withdrawing {
    switches_off: false,
    vi: "Các cài đặt trở về mặc định",
    en: "The settings go back to their defaults",
};

/// An instant as people and programs read it, in province time.
fn moment(at: i64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000).ok()?;
    moment.to_offset(offset!(+7)).format(&Rfc3339).ok()
}

impl House {
    /// One thing that two approve.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn sought_one(&self, id: &pilothouse_registry::GrantId) -> Result<Sought, HouseError> {
        let stored = self.0.store.grants().find(id.as_str()).await?;
        Sought::read(stored.ok_or_else(|| HouseError::Unknown { what: "grant", id: id.to_string() })?)
    }

    /// As officers see it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sought_line(&self, sought: Sought) -> Result<SoughtLine, HouseError> {
        let withdrawing = self.withdrawing(&sought).await?;
        let form = |error: serde_json::Error| HouseError::Policy(error.to_string());
        let credential = |act: &Act| act.credential.clone().unwrap_or_else(|| act.officer.to_string());
        let (asked_by, approved_by, since) = match sought.state() {
            GrantState::Requested { by } => (Some(credential(by)), Vec::new(), None),
            GrantState::ApprovedOnce { by, first } => (Some(credential(by)), vec![credential(first)], None),
            GrantState::Granted { by, approvers, since } => {
                (Some(credential(by)), approvers.iter().map(credential).collect(), Some(*since))
            }
            GrantState::Withdrawn { .. } => (None, Vec::new(), None),
        };
        let at = now();
        let (unit_names, ends) = match &sought {
            Sought::Right(grant) => {
                (grant.units.iter().map(|unit| self.unit_name(unit.as_str(), at)).collect(), Some(grant.expires))
            }
            Sought::Other(_) => (Vec::new(), None),
        };
        let kept = match &sought {
            Sought::Right(grant) => serde_json::to_value(grant),
            Sought::Other(approval) => serde_json::to_value(approval),
        };
        Ok(SoughtLine {
            kept: kept.map_err(form)?,
            kind: sought.kind(),
            unit_names,
            ends: ends.and_then(moment),
            in_force_since: since.and_then(moment),
            asked_by,
            approved_by,
            withdrawing,
        })
    }

    /// As officers see them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sought_lines(&self, all: Vec<Sought>) -> Result<Vec<SoughtLine>, HouseError> {
        let mut lines = Vec::with_capacity(all.len());
        for sought in all {
            lines.push(self.sought_line(sought).await?);
        }
        Ok(lines)
    }

    /// Asked of the build in service, as the switch would be.
    async fn withdrawing(&self, sought: &Sought) -> Result<Withdrawing, HouseError> {
        if !sought.state().is_in_force() {
            return Ok(NOTHING);
        }
        let id = sought.pilot();
        let Some(running) = self.0.running.load().get(id).cloned().filter(|running| running.is_on()) else {
            return Ok(NARROWER);
        };
        match sought {
            Sought::Other(approval) => {
                if matches!(approval.subject, Subject::Settings { .. }) {
                    return Ok(BACK);
                }
                let mut left = self.approvals(id).await?;
                left.retain(|other| other.id != approval.id);
                let package = format!("sha256:{}", running.package);
                let stood = self.stands(id, &package).await.is_ok();
                let stands = self.stands_with(id, &package, &left).await.is_ok();
                Ok(if stood && !stands { OFF } else { NARROWER })
            }
            Sought::Right(grant) => {
                let digest = parse("package", &format!("sha256:{}", running.package))?;
                let package = Package::open_unsigned(self.0.packages.get(&digest)?)?;
                let stored = self.0.store.grants().of_pilot(id.as_str()).await?;
                let mut left = rights_of(stored, &running.manifest.vendor)?;
                left.retain(|other| other.id != grant.id);
                let proof = package.prove(&self.0.ceiling).with_grants(&left);
                let missing = proof.rows.iter().any(|row| row.imported && row.granted == Some(false));
                Ok(if missing { OFF } else { NARROWER })
            }
        }
    }
}
