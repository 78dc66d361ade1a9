//! The host functions of `reporting`.

use pilothouse_registry::scope::{AnyAsk, ReportingAsk};
use pilothouse_registry::{BoardName, Capability, IndicatorName};

use crate::call::Call;
use crate::capabilities::funnel::{Request, Trouble};
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::ended::has_digits;
use crate::natural::NaturalKey;
use crate::pending::{Count, Effect, MAX_COUNTS, MAX_EFFECTS, Series};

/// Longest name, dimension value or text key, in bytes.
const MAX_NAME: usize = 64;
/// Most further dimensions of a count.
const MAX_DIMENSIONS: usize = 4;
/// Most points of a series.
const MAX_POINTS: usize = 2_000;

fn fits(text: &str) -> bool {
    let joint = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(joint) && !has_digits(text)
}

impl Call {
    pub(crate) async fn count(
        &mut self,
        indicator: String,
        n: u32,
        dimensions: Vec<(String, String)>,
    ) -> wasmtime::Result<Result<(), Denial>> {
        let bounded =
            dimensions.len() <= MAX_DIMENSIONS && dimensions.iter().all(|(name, value)| fits(name) && fits(value));
        let Some(name) = registered::<IndicatorName>(&indicator).filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Reporting, "count", "dimensions", &dimensions.len())?);
        };
        let request = Request {
            capability: Capability::Reporting,
            function: "count",
            ask: Some(AnyAsk::Reporting(ReportingAsk::Indicator(&name))),
            asked: vec![indicator.clone()],
            units: Vec::new(),
            person: None,
            effect: false,
        };
        let full = self.pending.counts.len() >= MAX_COUNTS;
        let answer = self
            .funnel
            .pass(request, &(&indicator, n, &dimensions), |_permit| async move {
                if full { Err(Trouble::Invalid("counts")) } else { Ok(()) }
            })
            .await?;
        if answer.is_ok() {
            self.pending.counts.push(Count { indicator, dimensions, n });
        }
        Ok(answer)
    }

    pub(crate) async fn obstacle(
        &mut self,
        function: &'static str,
        kind: String,
        text: Option<String>,
    ) -> wasmtime::Result<Result<(), Denial>> {
        if !fits(&kind) || !text.as_deref().is_none_or(fits) {
            return Ok(self.funnel.refuse(Capability::Reporting, function, "kind", &kind.len())?);
        }
        let (capability, ask) = (Capability::Reporting, Some(AnyAsk::Reporting(ReportingAsk::Obstacle)));
        let request = Request {
            capability,
            function,
            ask,
            asked: vec![kind.clone()],
            units: Vec::new(),
            person: None,
            effect: false,
        };
        let answer = self.funnel.pass(request, &(&kind, &text), |_permit| async move { Ok(()) }).await?;
        if answer.is_ok() && self.pending.obstacles.len() < MAX_COUNTS {
            self.pending.obstacles.insert(kind, text);
        }
        Ok(answer)
    }

    pub(crate) async fn series(&mut self, published: super::Published) -> wasmtime::Result<Result<String, Denial>> {
        let (name, board, as_of, base, points) = published;
        let bounded = [&name, &as_of, &base].into_iter().all(|text| fits(text))
            && points.len() <= MAX_POINTS
            && points.iter().all(|point| {
                point.labels.len() <= MAX_DIMENSIONS && point.labels.iter().all(|label| label.len() <= MAX_NAME)
            });
        let Some(to) = registered::<BoardName>(&board).filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Reporting, "series", "points", &points.len())?);
        };
        let request = Request {
            capability: Capability::Reporting,
            function: "series",
            ask: Some(AnyAsk::Reporting(ReportingAsk::Series(&to))),
            asked: vec![board.clone()],
            units: Vec::new(),
            person: None,
            effect: true,
        };
        let key = format!("{name}/{as_of}/{base}");
        let natural = NaturalKey::of(&[&name, &as_of, &base]);
        let body = serde_json::to_string(&points)?;
        let full = self.pending.effects.len() >= MAX_EFFECTS;
        let answer = self
            .funnel
            .pass(request, &(&name, &board, &as_of, &base, &points), |_permit| {
                let key = key.clone();
                async move { if full { Err(Trouble::Invalid("effects")) } else { Ok(key) } }
            })
            .await?;
        if answer.is_ok() {
            let payload = body.clone().into_bytes();
            self.pending.effects.push(Effect {
                capability: "reporting",
                function: "series",
                key: natural,
                // Published again, it replaces what its board shows.
                key_says_all: true,
                payload,
                not_before: None,
            });
            self.pending.series.push(Series { name, board, as_of, base, body });
        }
        Ok(answer)
    }
}
