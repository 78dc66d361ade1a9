//! Grants: asked for, approved by two, withdrawn by one.

use pilothouse_registry::{Grant, GrantId, GrantState, PilotId};
use pilothouse_store::StateChange;

use super::demonstration::all_communes;
use super::records::{Change, DAY};
use super::turns::to_its_end;
use super::{Caller, House, HouseError, now, parse};

/// How long a grant holds that is asked for on the command line.
const TERM: i64 = 365 * DAY;

impl House {
    /// The grants of a pilot.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants(&self, id: &PilotId) -> Result<Vec<Grant>, HouseError> {
        let stored = self.0.store.grants().of_pilot(id.as_str()).await?;
        stored.into_iter().map(read_grant).collect()
    }

    /// Asks for everything that the newest package of a pilot requests and no grant covers.
    ///
    /// # Errors
    /// Where there is no such pilot.
    pub async fn request_grants(&self, by: &Caller, id: &PilotId) -> Result<Vec<Grant>, HouseError> {
        let version = self.version(id)?;
        let known = self.grants(id).await?;
        let officer = self.officer(by).await?;
        let mut asked = Vec::new();
        for request in &version.manifest.capabilities {
            let capability = request.capability();
            let covered = known.iter().any(|grant| {
                grant.state.name() != "withdrawn"
                    && grant.right.capability() == capability
                    && request.scope.is_within(&grant.right.scope)
                    && request.functions.is_subset(&grant.right.functions)
            });
            if covered {
                continue;
            }
            let at = now();
            let grant = Grant {
                id: parse::<GrantId>("grant", &super::records::new_id())?,
                pilot: id.clone(),
                right: request.clone(),
                units: all_communes(at)?,
                expires: at + TERM,
                state: GrantState::Requested { by: officer.clone() },
            };
            self.keep_grant(by, &grant, "request", 0).await?;
            asked.push(grant);
        }
        Ok(asked)
    }

    /// Approves a grant as this officer: the second approval, of another officer, puts it in force.
    ///
    /// # Errors
    /// Four eyes, neither of them the requester's.
    pub async fn approve_grant(&self, by: &Caller, id: &GrantId) -> Result<Grant, HouseError> {
        self.decided(by, id, "approve").await
    }

    /// Withdraws a grant, at once; one officer is enough to narrow.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn withdraw_grant(&self, by: &Caller, id: &GrantId) -> Result<Grant, HouseError> {
        self.decided(by, id, "withdraw").await
    }

    async fn decided(&self, by: &Caller, id: &GrantId, action: &'static str) -> Result<Grant, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.decide_grant(&by, &id, action).await }).await
    }

    async fn decide_grant(&self, by: &Caller, id: &GrantId, action: &'static str) -> Result<Grant, HouseError> {
        let unknown = || HouseError::Unknown { what: "grant", id: id.to_string() };
        let pilot = self.0.store.grants().find(id.as_str()).await?.ok_or_else(unknown)?.pilot;
        let turn = self.turn(&parse("pilot", &pilot)?).await;
        let stored = self.0.store.grants().find(id.as_str()).await?.ok_or_else(unknown)?;
        let seen = stored.revision;
        let grant = read_grant(stored)?;
        let state = if action == "approve" {
            grant.state.approve(self.officer(by).await?, now())?
        } else {
            grant.state.withdraw(self.officer(by).await?, now())?
        };
        let grant = Grant { state, ..grant };
        self.keep_grant(by, &grant, action, seen).await?;
        self.relink(&turn).await?;
        Ok(grant)
    }

    async fn keep_grant(&self, by: &Caller, grant: &Grant, action: &'static str, seen: i64) -> Result<(), HouseError> {
        let form = |error: serde_json::Error| HouseError::Policy(error.to_string());
        let row = StateChange::Grant {
            id: grant.id.to_string(),
            pilot: grant.pilot.to_string(),
            capability: grant.right.capability().to_string(),
            body: serde_json::to_value(grant).map_err(form)?,
            state: serde_json::to_value(&grant.state).map_err(form)?,
            seen,
        };
        let detail = vec![
            ("pilot", grant.pilot.to_string()),
            ("capability", grant.right.capability().to_string()),
            ("state", grant.state.name().to_owned()),
        ];
        let change = Change { by, subject: "grant", of: grant.id.to_string(), action, detail };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }
}

pub(super) fn read_grant(stored: pilothouse_store::grants::Grant) -> Result<Grant, HouseError> {
    let unreadable = |error: serde_json::Error| HouseError::Policy(format!("a stored grant: {error}"));
    let state: GrantState = serde_json::from_value(stored.state).map_err(unreadable)?;
    let grant: Grant = serde_json::from_value(stored.body).map_err(unreadable)?;
    Ok(Grant { state, ..grant })
}
