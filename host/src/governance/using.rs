//! How often pilots used what they were granted: counted from the log, a little behind it, so that no call waits for it.

use std::time::Duration;

use pilothouse_store::StoreError;
use pilothouse_store::used::Uses;

use super::House;

/// How often the log is looked at. A page that is opened looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Steps that a page takes before it shows what there is: some ten milliseconds for a backlog of two thousand records.
const STEPS_OF_A_PAGE: u32 = 4;

impl House {
    pub(super) fn start_using(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            loop {
                match house.0.store.used().fold().await {
                    // More wait: other tasks get their turn in between.
                    Ok(true) => {
                        tokio::task::yield_now().await;
                        if !house.0.stop.is_cancelled() {
                            continue;
                        }
                    }
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "counting what was used waits"),
                }
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    /// What a pilot used until now; after a long backlog, until some moments ago.
    pub(super) async fn used(&self, pilot: &str) -> Result<Uses, StoreError> {
        for _ in 0..STEPS_OF_A_PAGE {
            if !self.0.store.used().fold().await? {
                break;
            }
        }
        self.0.store.used().of(pilot).await
    }
}
