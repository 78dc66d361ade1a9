//! Every scenario of every pilot that the host brings along, on the real runtime.

use std::collections::BTreeSet;
use std::path::Path;

use pilothouse::embedded::PLUGINS;
use pilothouse::harness::Harness;
use pilothouse_runtime::compile::Program;

#[tokio::test]
async fn all_scenarios_of_all_embedded_pilots_come_out_as_written() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios");
    let harness = Harness::start(&folder, Program::InProcess).unwrap();
    let mut differences = Vec::new();
    let mut run = 0;
    for plugin in PLUGINS {
        let ready = match harness.embedded(plugin).await {
            Ok(ready) => ready,
            Err(error) => {
                differences.push(format!("{}: {error}", plugin.name));
                continue;
            }
        };
        for (name, text) in plugin.scenarios {
            let report = harness.run(&ready, name, text).await;
            run += 1;
            if let Some(difference) = report.difference {
                differences.push(format!("{}/{name}: {difference}", plugin.name));
            }
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert!(run > 0, "this host was built without pilots");
}

#[test]
fn every_scenario_file_of_the_plugins_is_one_that_is_run() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins");
    let run: BTreeSet<&str> = PLUGINS.iter().flat_map(|plugin| plugin.scenarios).map(|(_, text)| *text).collect();
    for plugin in std::fs::read_dir(plugins).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(files) = std::fs::read_dir(plugin.join("scenarios")) else { continue };
        for file in files.map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(run.contains(text.as_str()), "{} is run by nobody", file.display());
        }
    }
}

#[tokio::test]
async fn a_scenario_that_expects_something_else_is_told_what_came_instead() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios-otherwise");
    let harness = Harness::start(&folder, Program::InProcess).unwrap();
    let plugin = PLUGINS.iter().find(|plugin| plugin.name == "bhyt-checkin").unwrap();
    let (name, text) = plugin.scenarios.iter().find(|(name, _)| *name == "expired-yesterday.toml").unwrap();
    let ready = harness.embedded(plugin).await.unwrap();
    for (written, otherwise, told) in [
        ("decision = \"self-pay-advised\"", "decision = \"admit\"", "step 1 (check-in): decided `self-pay-advised`"),
        ("self_pay = 1", "self_pay = 2", "step 2 (day-summary): data.self_pay: 1 and not 2"),
        ("registration-clerk", "receptionist", "step 1 (check-in): refused with `role-not-allowed`"),
        ("\"$patient.qr\"", "\"12345\"", "step 1 (check-in): refused with `person-malformed` at /patient"),
        ("\"insurance-ended-yesterday\"", "\"somebody\"", "step 1 (check-in): the province's cast has no `somebody`"),
    ] {
        assert!(text.contains(written), "{written}");
        let report = harness.run(&ready, name, &text.replace(written, otherwise)).await;
        let difference = report.difference.unwrap_or_default();
        assert!(difference.starts_with(told), "{otherwise}: {difference}");
    }
}
