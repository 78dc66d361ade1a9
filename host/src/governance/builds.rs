//! Which builds of a pilot may serve: of the vendor whose pilot it is, signed with a key that is trusted now, not older than what served,
//! and opening nothing that two officers have not approved.

use pilothouse_registry::{
    Approval, Difference, Digest, Grant, GrantState, Manifest, Package, PilotId, Subject, VendorId, opens,
};
use pilothouse_store::StateChange;
use pilothouse_store::pilots::{Package as Taken, Pilot as Stored};
use semver::Version;
use serde_json::json;

use super::approvals::Sought;
use super::records::Change;
use super::service::{OFF, ON};
use super::{Caller, House, HouseError, officer_named, parse};

/// In a pilot's row: the newest version that ever served.
const NEWEST: &str = "newest";
/// Since when builds are approved: which folders were looked through.
const CARRIED: &str = "approvals/carried-over";

/// The newest version of a pilot that ever served.
pub(super) fn newest_served(stored: &Stored) -> Option<Version> {
    stored.body.get(NEWEST)?.as_str()?.parse().ok()
}

/// The row's body after a version was put in service.
pub(super) fn served(stored: &Stored, version: &Version) -> serde_json::Value {
    let newest = newest_served(stored).filter(|newest| newest.cmp_precedence(version).is_gt());
    let mut body = stored.body.as_object().cloned().unwrap_or_default();
    body.insert(NEWEST.to_owned(), json!(newest.as_ref().unwrap_or(version).to_string()));
    body.into()
}

/// What was approved for a pilot, in force.
fn in_force(approvals: &[Approval]) -> impl Iterator<Item = &Subject> {
    approvals.iter().filter(|approval| approval.state.is_in_force()).map(|approval| &approval.subject)
}

/// Whose a pilot is: of the vendor that brought it first, or that it was handed over to last.
fn owner_of(approvals: &[Approval], packages: &[Taken]) -> Result<Option<VendorId>, HouseError> {
    let handed = approvals.iter().filter_map(|approval| match (&approval.subject, &approval.state) {
        (Subject::HandOver { to, .. }, GrantState::Granted { since, .. }) => Some((*since, to)),
        _ => None,
    });
    if let Some((_, to)) = handed.max_by_key(|(since, _)| *since) {
        return Ok(Some(to.clone()));
    }
    packages.iter().min_by_key(|package| package.at).map(|package| parse("vendor", &package.vendor)).transpose()
}

impl House {
    /// Whose a pilot is; none where it is not known.
    pub(super) async fn owner(&self, id: &PilotId) -> Result<Option<VendorId>, HouseError> {
        owner_of(&self.approvals(id).await?, &self.0.store.pilots().packages(id.as_str()).await?)
    }

    /// Refuses a package of another vendor than the pilot's.
    pub(super) async fn is_owned(&self, manifest: &Manifest) -> Result<(), HouseError> {
        match self.owner(&manifest.id).await? {
            Some(owner) if owner != manifest.vendor => {
                Err(HouseError::OtherVendor { pilot: manifest.id.clone(), owner, vendor: manifest.vendor.clone() })
            }
            _ => Ok(()),
        }
    }

    /// A package that was taken in, its signature checked with the trust of now.
    pub(super) async fn taken_in(&self, id: &PilotId, digest: &str) -> Result<Package, HouseError> {
        let packages = self.0.store.pilots().packages(id.as_str()).await?;
        let at = packages.iter().find(|package| package.digest == digest).map_or(i64::MAX, |package| package.at);
        let trust = self.0.trust.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(Package::open_again(self.0.packages.get(&parse("package", digest)?)?, &trust, at)?)
    }

    /// Whether a build may serve.
    ///
    /// # Errors
    /// Why it may not, and what to do about it.
    pub(super) async fn stands(&self, id: &PilotId, digest: &str) -> Result<Package, HouseError> {
        self.stands_with(id, digest, &self.approvals(id).await?).await
    }

    /// Whether it may with these approvals.
    pub(super) async fn stands_with(
        &self,
        id: &PilotId,
        digest: &str,
        approvals: &[Approval],
    ) -> Result<Package, HouseError> {
        let package = self.taken_in(id, digest).await?;
        let manifest = package.manifest();
        let packages = self.0.store.pilots().packages(id.as_str()).await?;
        if let Some(owner) = owner_of(approvals, &packages)?.filter(|owner| *owner != manifest.vendor) {
            return Err(HouseError::OtherVendor { pilot: id.clone(), owner, vendor: manifest.vendor.clone() });
        }
        let stored = self.0.store.pilots().find(id.as_str()).await?;
        if let Some(newest) = stored.as_ref().and_then(newest_served)
            && manifest.version.cmp_precedence(&newest).is_lt()
        {
            let allowed = in_force(approvals).any(|subject| {
                matches!(subject, Subject::Older { build, below, .. }
                    if build == package.digest() && newest.cmp_precedence(below).is_le())
            });
            if !allowed {
                let version = manifest.version.clone();
                return Err(HouseError::OlderVersion { pilot: id.clone(), version, newest });
            }
        }
        let wider = self.beyond_approved(approvals, &package)?;
        if wider.is_empty() {
            return Ok(package);
        }
        Err(HouseError::Wider { pilot: id.clone(), version: manifest.version.clone(), wider })
    }

    /// What a build opens beyond what two officers approved: the shortest list, over all builds that they approved.
    pub(super) fn beyond_approved(
        &self,
        approvals: &[Approval],
        package: &Package,
    ) -> Result<Vec<Difference>, HouseError> {
        let manifest = package.manifest();
        let approved: Vec<&Digest> = in_force(approvals)
            .filter_map(|subject| match subject {
                Subject::Build { vendor, build, .. } if *vendor == manifest.vendor => Some(build),
                _ => None,
            })
            .collect();
        if approved.contains(&package.digest()) {
            return Ok(Vec::new());
        }
        let mut shortest = opens(None, manifest);
        for build in approved {
            // One that this version of the host takes no more is compared with nothing.
            let Ok(before) = Package::open_unsigned(self.0.packages.get(build)?) else { continue };
            let wider = opens(Some(before.manifest()), manifest);
            if wider.len() < shortest.len() {
                shortest = wider;
            }
        }
        Ok(shortest)
    }

    /// Looks once through a folder that was kept before builds were approved: rights become those of the vendor and build in service,
    /// and what serves counts as approved by those who approved its rights. It is recorded, and nothing else of it changes.
    pub(super) async fn carry_over(&self) -> Result<(), HouseError> {
        if self.0.store.meta().get(CARRIED).await?.is_some() {
            return Ok(());
        }
        let host = self.host_caller()?;
        for stored in self.0.store.pilots().all().await? {
            let id: PilotId = parse("pilot", &stored.pilot)?;
            let Ok(bytes) = self.0.packages.get(&parse("package", &stored.package)?) else { continue };
            let Ok(package) = Package::open_unsigned(bytes) else { continue };
            let rows = self.carried(&id, &stored, &package).await?;
            if rows.is_empty() {
                continue;
            }
            let detail = vec![
                ("vendor", package.manifest().vendor.to_string()),
                ("build", package.digest().to_string()),
                ("version", stored.version.clone()),
            ];
            let change = Change { by: &host, subject: "pilot", of: id.to_string(), action: "carry-over", detail };
            self.keep_change(change, rows).await?;
        }
        let row = StateChange::Meta { key: CARRIED.to_owned(), value: "1".to_owned() };
        let change =
            Change { by: &host, subject: "grant", of: "all".to_owned(), action: "carry-over", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    async fn carried(&self, id: &PilotId, stored: &Stored, package: &Package) -> Result<Vec<StateChange>, HouseError> {
        let manifest = package.manifest();
        let mut rows = Vec::new();
        let mut approved = None;
        let mut known = false;
        for stored in self.0.store.grants().of_pilot(id.as_str()).await? {
            let seen = stored.revision;
            match Sought::read(stored)? {
                Sought::Right(grant) if grant.vendor.is_none() => {
                    if grant.state.is_in_force() {
                        approved = Some(grant.state.clone());
                    }
                    let (vendor, build) = (Some(manifest.vendor.clone()), Some(package.digest().clone()));
                    rows.push(Sought::Right(Grant { vendor, build, ..grant }).row(seen)?);
                }
                Sought::Right(_) => {}
                Sought::Other(_) => known = true,
            }
        }
        let on = stored.state == ON;
        if known || !(on || approved.is_some()) {
            return Ok(rows);
        }
        let host = officer_named("host")?;
        let state = match approved {
            Some(state) => state,
            // It asked for no capability, so nobody had to approve it.
            None => GrantState::Granted {
                by: host.clone().into(),
                approvers: Box::new([host.clone().into(), host.into()]),
                since: stored.at,
            },
        };
        rows.push(self.approved_build(id, package, state)?.row(0)?);
        if on {
            rows.push(StateChange::Pilot {
                pilot: stored.pilot.clone(),
                version: stored.version.clone(),
                package: stored.package.clone(),
                state: stored.state.clone(),
                body: served(stored, &manifest.version),
                seen: stored.revision,
            });
        }
        Ok(rows)
    }

    /// An approval of a build in this state.
    pub(super) fn approved_build(
        &self,
        id: &PilotId,
        package: &Package,
        state: GrantState,
    ) -> Result<Sought, HouseError> {
        let manifest = package.manifest();
        Ok(Sought::Other(Approval {
            id: parse("grant", &super::records::new_id())?,
            pilot: id.clone(),
            subject: Subject::Build {
                vendor: manifest.vendor.clone(),
                version: manifest.version.clone(),
                build: package.digest().clone(),
                opens: opens(None, manifest),
            },
            state,
        }))
    }

    /// Switches off, before anything is linked, what does not stand any more: an approval or a key was taken back, and the host ended
    /// before it could switch the pilot off.
    pub(super) async fn switch_off_what_does_not_stand(&self) -> Result<(), HouseError> {
        let host = self.host_caller()?;
        for stored in self.0.store.pilots().all().await? {
            let id: PilotId = parse("pilot", &stored.pilot)?;
            if stored.state != ON {
                continue;
            }
            // What cannot be read at all is for the start to tell.
            let Err(why) = self.stands(&id, &stored.package).await else { continue };
            if !why.ends_service() {
                continue;
            }
            tracing::warn!(pilot = %id, because = why.code(), "switched off: the build in service does not stand any more");
            self.keep_off(&host, stored).await?;
        }
        Ok(())
    }

    /// Keeps a pilot as switched off.
    async fn keep_off(&self, by: &Caller, stored: Stored) -> Result<(), HouseError> {
        let detail = vec![("version", stored.version.clone())];
        let change = Change { by, subject: "pilot", of: stored.pilot.clone(), action: "disable", detail };
        let row = StateChange::Pilot {
            pilot: stored.pilot,
            version: stored.version,
            package: stored.package,
            state: OFF.to_owned(),
            body: stored.body,
            seen: stored.revision,
        };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }
}
