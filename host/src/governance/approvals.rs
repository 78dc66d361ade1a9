//! Approvals: what two officers, neither of whom asked, put their names to beside a capability. How they are kept, and what follows.

use pilothouse_registry::{
    Act, Approval, Difference, Grant, GrantId, GrantState, Manifest, PilotId, Subject, VendorId,
};
use pilothouse_store::StateChange;
use pilothouse_store::grants::Grant as Stored;
use serde_json::{Map, Value};

use super::records::Change;
use super::turns::{Turn, to_its_end};
use super::{Caller, House, HouseError, now, parse};

/// What two officers approve: a right of a capability, or anything else.
#[derive(Debug, Clone)]
pub enum Sought {
    /// A capability, for some units, until a day.
    Right(Grant),
    /// A build, a hand-over, an older version, settings.
    Other(Approval),
}

impl Sought {
    /// Its id.
    pub fn id(&self) -> &GrantId {
        match self {
            Sought::Right(grant) => &grant.id,
            Sought::Other(approval) => &approval.id,
        }
    }

    /// Of which pilot.
    pub fn pilot(&self) -> &PilotId {
        match self {
            Sought::Right(grant) => &grant.pilot,
            Sought::Other(approval) => &approval.pilot,
        }
    }

    /// How far it is.
    pub fn state(&self) -> &GrantState {
        match self {
            Sought::Right(grant) => &grant.state,
            Sought::Other(approval) => &approval.state,
        }
    }

    /// Of which kind: a capability's name, or that of what else is approved.
    pub(super) fn kind(&self) -> String {
        match self {
            Sought::Right(grant) => grant.right.capability().to_string(),
            Sought::Other(approval) => approval.subject.kind().to_owned(),
        }
    }

    fn in_state(self, state: GrantState) -> Sought {
        match self {
            Sought::Right(grant) => Sought::Right(Grant { state, ..grant }),
            Sought::Other(approval) => Sought::Other(Approval { state, ..approval }),
        }
    }

    /// The row that keeps it, decided on revision `seen`.
    pub(super) fn row(&self, seen: i64) -> Result<StateChange, HouseError> {
        let form = |error: serde_json::Error| HouseError::Policy(error.to_string());
        let body = match self {
            Sought::Right(grant) => serde_json::to_value(grant),
            Sought::Other(approval) => serde_json::to_value(approval),
        };
        Ok(StateChange::Grant {
            id: self.id().to_string(),
            pilot: self.pilot().to_string(),
            capability: self.kind(),
            body: body.map_err(form)?,
            state: serde_json::to_value(self.state()).map_err(form)?,
            seen,
        })
    }

    /// What stands in the store.
    pub(super) fn read(stored: Stored) -> Result<Sought, HouseError> {
        let unreadable = |error: serde_json::Error| HouseError::Policy(format!("a stored grant: {error}"));
        let state: GrantState = serde_json::from_value(stored.state).map_err(unreadable)?;
        let sought = match stored.capability.parse::<pilothouse_registry::Capability>() {
            Ok(_) => Sought::Right(serde_json::from_value(stored.body).map_err(unreadable)?),
            Err(_) => Sought::Other(serde_json::from_value(stored.body).map_err(unreadable)?),
        };
        Ok(sought.in_state(state))
    }
}

/// The rights among what is stored.
pub(super) fn rights(stored: impl IntoIterator<Item = Stored>) -> Result<Vec<Grant>, HouseError> {
    let mut found = Vec::new();
    for stored in stored {
        if let Sought::Right(grant) = Sought::read(stored)? {
            found.push(grant);
        }
    }
    Ok(found)
}

/// The rights that code of a vendor may use.
pub(super) fn rights_of(stored: impl IntoIterator<Item = Stored>, vendor: &VendorId) -> Result<Vec<Grant>, HouseError> {
    let mut found = rights(stored)?;
    found.retain(|grant| grant.vendor.as_ref() == Some(vendor));
    Ok(found)
}

impl House {
    /// All that was sought for a pilot, rights first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sought(&self, id: &PilotId) -> Result<Vec<Sought>, HouseError> {
        let stored = self.0.store.grants().of_pilot(id.as_str()).await?;
        let mut all = stored.into_iter().map(Sought::read).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|sought| matches!(sought, Sought::Other(_)));
        Ok(all)
    }

    /// What was approved for a pilot beside capabilities, whatever its state.
    pub(super) async fn approvals(&self, id: &PilotId) -> Result<Vec<Approval>, HouseError> {
        let other = |sought| match sought {
            Sought::Other(approval) => Some(approval),
            Sought::Right(_) => None,
        };
        Ok(self.sought(id).await?.into_iter().filter_map(other).collect())
    }

    /// Approves as this officer: the second approval, of another officer, puts it in force.
    ///
    /// # Errors
    /// Four eyes, neither of them the requester's.
    pub async fn approve_grant(&self, by: &Caller, id: &GrantId) -> Result<Sought, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.decide(&by, &id, "approve").await }).await
    }

    /// Withdraws, at once; one officer is enough to narrow.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn withdraw_grant(&self, by: &Caller, id: &GrantId) -> Result<Sought, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.decide(&by, &id, "withdraw").await }).await
    }

    async fn decide(&self, by: &Caller, id: &GrantId, action: &'static str) -> Result<Sought, HouseError> {
        let unknown = || HouseError::Unknown { what: "grant", id: id.to_string() };
        let pilot: PilotId =
            parse("pilot", &self.0.store.grants().find(id.as_str()).await?.ok_or_else(unknown)?.pilot)?;
        let turn = self.turn(&pilot).await;
        // No credential is confirmed or ended between the reading of whose eyes it is and the act.
        let _eyes = self.0.eyes.lock().await;
        let stored = self.0.store.grants().find(id.as_str()).await?.ok_or_else(unknown)?;
        let seen = stored.revision;
        let sought = Sought::read(stored)?;
        let act = self.act(by).await?;
        let state = sought.state().clone();
        let before = state.is_in_force();
        let state = if action == "approve" {
            state.approve(act.clone(), now())?
        } else {
            state.withdraw(act.clone(), now())?
        };
        let sought = sought.in_state(state);
        let mut rows = vec![sought.row(seen)?];
        if let Sought::Other(Approval { subject: Subject::Settings { changes, .. }, state, .. }) = &sought {
            // What two approved is set with the second name, and set back with the withdrawal.
            if state.is_in_force() {
                rows.push(self.settings_row(by, &pilot, changes).await?);
            } else if before {
                rows.extend(self.settings_back(by, &pilot, changes).await?);
            }
        }
        self.keep_sought(by, &sought, &act, action, rows).await?;
        if action == "withdraw" {
            self.off_without(by, &turn, &sought).await?;
        }
        self.relink(&turn).await?;
        Ok(sought)
    }

    /// Switches off what does not stand any more without what was withdrawn. A hand-over lets the build before it go on; a hand-over that
    /// is taken back ends the build that came with it.
    async fn off_without(&self, by: &Caller, turn: &Turn, withdrawn: &Sought) -> Result<(), HouseError> {
        let id = turn.pilot();
        let Some(stored) = self.0.store.pilots().find(id.as_str()).await? else { return Ok(()) };
        if stored.state != super::service::ON {
            return Ok(());
        }
        let of_hand_over = matches!(withdrawn, Sought::Other(Approval { subject: Subject::HandOver { .. }, .. }));
        match self.stands(id, &stored.package).await {
            Err(why) if why.ends_service() || (of_hand_over && matches!(why, HouseError::OtherVendor { .. })) => {
                self.switch_off(by, id).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Asks for something that two approve.
    pub(super) async fn seek(&self, by: &Caller, pilot: &PilotId, subject: Subject) -> Result<Sought, HouseError> {
        let act = self.act(by).await?;
        let approval = Approval {
            id: parse("grant", &super::records::new_id())?,
            pilot: pilot.clone(),
            subject,
            state: GrantState::Requested { by: act.clone() },
        };
        let sought = Sought::Other(approval);
        let row = sought.row(0)?;
        self.keep_sought(by, &sought, &act, "request", vec![row]).await?;
        Ok(sought)
    }

    pub(super) async fn keep_sought(
        &self,
        by: &Caller,
        sought: &Sought,
        act: &Act,
        action: &'static str,
        rows: Vec<StateChange>,
    ) -> Result<(), HouseError> {
        let mut detail = vec![
            ("pilot", sought.pilot().to_string()),
            ("capability", sought.kind()),
            ("state", sought.state().name().to_owned()),
            ("eyes", act.officer.to_string()),
        ];
        let build = match sought {
            Sought::Right(grant) => grant.vendor.clone().zip(grant.build.clone()),
            Sought::Other(Approval { subject: Subject::Build { vendor, build, .. }, .. }) => {
                Some((vendor.clone(), build.clone()))
            }
            Sought::Other(_) => None,
        };
        if let Some((vendor, build)) = build {
            detail.extend([("vendor", vendor.to_string()), ("build", build.to_string())]);
        }
        let change = Change { by, subject: "grant", of: sought.id().to_string(), action, detail };
        self.keep_change(change, rows).await?;
        Ok(())
    }

    /// The rows that strike the first approvals which a credential gave and that wait for a second.
    pub(super) async fn without_approvals_of(&self, credential: &str) -> Result<Vec<StateChange>, HouseError> {
        let own = super::officer_named(credential)?;
        let mut rows = Vec::new();
        for stored in self.0.store.grants().all().await? {
            let seen = stored.revision;
            let sought = Sought::read(stored)?;
            if let Some(state) = sought.state().without_approval_of(&own) {
                rows.push(sought.in_state(state).row(seen)?);
            }
        }
        Ok(rows)
    }

    /// Asks for a pilot to become another vendor's.
    ///
    /// # Errors
    /// Where there is no such pilot, or it is that vendor's already.
    pub async fn hand_over(&self, by: &Caller, id: &PilotId, to: &VendorId) -> Result<Sought, HouseError> {
        let _turn = self.turn(id).await;
        let unknown = || HouseError::Unknown { what: "pilot", id: id.to_string() };
        let from = self.owner(id).await?.ok_or_else(unknown)?;
        if from == *to {
            return Err(HouseError::Malformed {
                what: "vendor",
                message: format!("{id} is of {to} already: name the vendor that it is handed over to"),
            });
        }
        self.seek(by, id, Subject::HandOver { from, to: to.clone() }).await
    }

    /// Asks for settings that widen what is shown.
    pub(super) async fn seek_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        manifest: &Manifest,
        changes: Map<String, Value>,
    ) -> Result<Sought, HouseError> {
        let told = changes.iter().map(|(key, value)| {
            let title = manifest.config.settings.get(key.as_str()).map(|setting| &setting.title);
            let (vi, en) = title.map_or((key.as_str(), key.as_str()), |title| (title.vi(), title.en()));
            Difference { key: key.clone(), vi: format!("{vi}: {value}"), en: format!("{en}: {value}") }
        });
        let sets = told.collect();
        self.seek(by, id, Subject::Settings { changes, sets }).await
    }
}
