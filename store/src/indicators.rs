//! Indicators as they are read: sums for the dashboard, the evaluation and the monthly report.

use crate::db::{Db, on};
use crate::error::StoreError;

/// Most lines of one answer: 154 units by a month of days is the largest table of a report.
pub const MAX_LINES: i64 = 10_000;

/// Days from and to, both included, yyyymmdd in province time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: i32,
    /// The last.
    pub to: i32,
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum<K> {
    /// Of what.
    pub of: K,
    /// How much.
    pub n: i64,
}

/// One line with all its dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// yyyymmdd.
    pub day: i32,
    /// Unit code.
    pub unit: String,
    /// Empty where there is none.
    pub facility_class: String,
    /// In their canonical form; empty where there are none.
    pub dims: String,
    /// How much.
    pub n: i64,
}

/// A sum of one day, over all units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The indicator.
    pub indicator: String,
    /// yyyymmdd.
    pub day: i32,
    /// In their canonical form; empty where there are none.
    pub dims: String,
    /// How much.
    pub n: i64,
}

/// Reads indicators.
#[derive(Debug, Clone, Copy)]
pub struct Indicators<'s>(pub(crate) &'s Db);

impl Indicators<'_> {
    /// All indicators of a pilot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn totals(&self, pilot: &str, days: Days) -> Result<Vec<Sum<String>>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT indicator, CAST(SUM(n) AS BIGINT) FROM indicators \
                 WHERE pilot = $1 AND day >= $2 AND day <= $3 GROUP BY indicator ORDER BY indicator LIMIT $4")
            .bind(pilot).bind(i64::from(days.from)).bind(i64::from(days.to)).bind(MAX_LINES).fetch_all(conn).await)?;
        Ok(rows.into_iter().map(|(of, n)| Sum { of, n }).collect())
    }

    /// All indicators of a pilot, day by day and by their dimensions, over all units: one question for a whole page.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn history(&self, pilot: &str, days: Days) -> Result<Vec<Dated>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64, String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT indicator, day, dims, CAST(SUM(n) AS BIGINT) FROM indicators \
                 WHERE pilot = $1 AND day >= $2 AND day <= $3 \
                 GROUP BY indicator, day, dims ORDER BY indicator, day, dims LIMIT $4")
            .bind(pilot).bind(i64::from(days.from)).bind(i64::from(days.to)).bind(MAX_LINES).fetch_all(conn).await)?;
        rows.into_iter()
            .map(|(indicator, stored, dims, n)| Ok(Dated { indicator, day: day(stored)?, dims, n }))
            .collect()
    }

    /// One indicator by its dimensions, over all units and days.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_dims(&self, pilot: &str, indicator: &str) -> Result<Vec<Sum<String>>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT dims, CAST(SUM(n) AS BIGINT) FROM indicators WHERE pilot = $1 AND indicator = $2 \
                 GROUP BY dims ORDER BY dims LIMIT $3")
            .bind(pilot).bind(indicator).bind(MAX_LINES).fetch_all(conn).await)?;
        Ok(rows.into_iter().map(|(of, n)| Sum { of, n }).collect())
    }

    /// One indicator, day by day; days without any are left out.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_day(&self, pilot: &str, indicator: &str, days: Days) -> Result<Vec<Sum<i32>>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(i64, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT day, CAST(SUM(n) AS BIGINT) FROM indicators WHERE pilot = $1 AND indicator = $2 \
                 AND day >= $3 AND day <= $4 GROUP BY day ORDER BY day LIMIT $5")
            .bind(pilot).bind(indicator).bind(i64::from(days.from)).bind(i64::from(days.to)).bind(MAX_LINES)
            .fetch_all(conn).await)?;
        rows.into_iter().map(|(of, n)| Ok(Sum { of: day(of)?, n })).collect()
    }

    /// One indicator, unit by unit.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_unit(&self, pilot: &str, indicator: &str, days: Days) -> Result<Vec<Sum<String>>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT unit, CAST(SUM(n) AS BIGINT) FROM indicators WHERE pilot = $1 AND indicator = $2 \
                 AND day >= $3 AND day <= $4 GROUP BY unit ORDER BY unit LIMIT $5")
            .bind(pilot).bind(indicator).bind(i64::from(days.from)).bind(i64::from(days.to)).bind(MAX_LINES)
            .fetch_all(conn).await)?;
        Ok(rows.into_iter().map(|(of, n)| Sum { of, n }).collect())
    }

    /// One indicator with all its dimensions, for what the host computes from them (shares, medians).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cells(&self, pilot: &str, indicator: &str, days: Days) -> Result<Vec<Cell>, StoreError> {
        let mut session = self.0.read().await?;
        let rows: Vec<(i64, String, String, String, i64)> = on!(&mut session, conn => sqlx::query_as(
                "SELECT day, unit, facility_class, dims, n FROM indicators WHERE pilot = $1 AND indicator = $2 \
                 AND day >= $3 AND day <= $4 ORDER BY day, unit, facility_class, dims LIMIT $5")
            .bind(pilot).bind(indicator).bind(i64::from(days.from)).bind(i64::from(days.to)).bind(MAX_LINES)
            .fetch_all(conn).await)?;
        rows.into_iter()
            .map(|(stored, unit, facility_class, dims, n)| {
                Ok(Cell { day: day(stored)?, unit, facility_class, dims, n })
            })
            .collect()
    }
}

fn day(stored: i64) -> Result<i32, StoreError> {
    i32::try_from(stored).map_err(|_| StoreError::Unreadable { table: "indicators" })
}
