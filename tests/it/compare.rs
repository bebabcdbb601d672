//! Two samples against each other: the statistics against reference values and in simulation, and the command.

use framescope::experiment::statistics::{
    BlockBootstrap, Dependence, Level, RateDifference, fisher_exact, needed_frames, wilson,
};
use framescope::experiment::{Arm, Comparison};
use framescope::judge::{Deadline, Law, Policy, Schedule, Tolerance, Trace, replay};
use framescope::measure::Quantile;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::cli::{framescope, json, stderr};
use crate::runs::{SMALL, small_recipe};

const POOL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/compare/with-pool.csv"
);
const NO_POOL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/compare/without-pool.csv"
);

fn references() -> Value {
    let text = include_str!("../data/statistics/references.json");
    serde_json::from_str(text).unwrap()
}

fn pair(value: &Value) -> (u64, u64) {
    (value[0].as_u64().unwrap(), value[1].as_u64().unwrap())
}

#[track_caller]
fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-3),
        "{found} is not {expected}"
    );
}

#[test]
fn tests_and_intervals_are_those_of_scipy_and_statsmodels() {
    let references = references();
    for table in references["tables"].as_array().unwrap() {
        let (a, b) = (pair(&table["a"]), pair(&table["b"]));
        close(fisher_exact(a, b), &table["fisher"], 1e-7);
        for (name, level) in [("alone", Level::ALONE), ("of_two", Level::OF_TWO)] {
            let expected = &table[name];
            let (low, high) = wilson(a.0, a.1, level);
            close(low, &expected["wilson_a"][0], 1e-6);
            close(high, &expected["wilson_a"][1], 1e-6);
            let found = RateDifference::new(a, b, level).unwrap();
            close(found.low, &expected["newcombe"][0], 1e-6);
            close(found.high, &expected["newcombe"][1], 1e-6);
        }
    }
    close(Level::ALONE.z, &references["normal"]["z_975"], 1e-12);
    close(Level::OF_TWO.z, &references["normal"]["z_9875"], 1e-12);
}

/// The series of `make_references.py`.
fn chain(count: u64, seed: u64, stay: f64) -> Vec<bool> {
    let (mut state, mut value) = (seed, false);
    let mut next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 11) as f64 / (1u64 << 53) as f64;
        value = share < if value { stay } else { 0.05 };
        value
    };
    (0..count).map(&mut next).collect()
}

#[test]
fn block_lengths_are_those_of_arch() {
    for case in references()["block_lengths"].as_array().unwrap() {
        let number = |key: &str| case[key].as_u64().unwrap();
        let series = chain(
            number("count"),
            number("seed"),
            case["stay"].as_f64().unwrap(),
        );
        let hits = series.iter().filter(|&&is| is).count();
        assert_eq!(hits as u64, number("hits"));
        let expected = case["block_frames"].as_f64().unwrap().max(1.0);
        let found = Dependence::of(&series).block_frames;
        assert!(
            (found - expected).abs() < 1e-6 * expected,
            "{found} is not {expected}: {case}"
        );
    }
}

/// Service times that now and then are slow, and then stay slow for some frames if they are `sticky`.
fn trace(frames: usize, slow_share: f64, sticky: f64, random: &mut Pcg64) -> Trace {
    let usual = LogNormal::new(20f64.ln(), 0.08).unwrap();
    let mut is_slow = false;
    let rows: Vec<Option<u64>> = (0..frames)
        .map(|_| {
            let share: f64 = random.random();
            is_slow = if is_slow {
                share < sticky
            } else {
                share < slow_share * (1.0 - sticky) / (1.0 - slow_share)
            };
            let factor = if is_slow { 2.2 } else { 1.0 };
            Some((usual.sample(random) * factor * 1e6) as u64)
        })
        .collect();
    Trace::new(&rows)
}

fn arm(trace: &Trace, policy: Policy) -> Arm {
    let schedule = Schedule::from_rate(30, 1);
    let tolerance = Tolerance::from_percent(10.0).unwrap();
    let law = Law {
        policy,
        arrivals: schedule.into(),
        deadline: Deadline::new(schedule.interval_nanos(), tolerance),
        has_floor: false,
    };
    Arm::from_replay("", &replay(trace, &law, 1.0))
}

/// Fewer resamples than the command takes, so that a thousand comparisons are quick.
fn quick(seed: u64) -> BlockBootstrap {
    BlockBootstrap {
        resamples: 200,
        seed,
    }
}

#[test]
fn the_same_against_itself_rarely_differs() {
    const TRIES: u64 = 1_000;
    let mut random = Pcg64::seed_from_u64(5);
    let mut differs = 0;
    for seed in 0..TRIES {
        // Frames alone and in bunches, dropped by policies of all kinds, in samples of one and of two verdicts.
        let frames = [150, 400, 1_100][seed as usize % 3];
        let sticky = [0.0, 0.5][(seed / 3) as usize % 2];
        let policy = [Policy::Block, Policy::NextTick, Policy::Queue][(seed / 6) as usize % 3];
        let mut side = || arm(&trace(frames, 0.04, sticky, &mut random), policy);
        let (a, b) = (side(), side());
        differs += u64::from(Comparison::new(&a, &b, quick(seed)).verdict.differs);
    }
    assert!(differs <= TRIES * 65 / 1000, "{differs} of {TRIES} differ");
    assert!(differs > 0, "a verdict that never says so says nothing");
}

#[test]
fn a_known_difference_is_found_as_often_as_is_said() {
    const TRIES: u64 = 400;
    let (rate_a, rate_b) = (0.02, 0.08);
    let needed = needed_frames(rate_a, rate_b, Level::OF_TWO).unwrap();
    let mut random = Pcg64::seed_from_u64(6);
    let mut found = 0;
    for seed in 0..TRIES {
        let mut side = |rate| {
            let frames = needed.exact_test as usize;
            arm(&trace(frames, rate, 0.0, &mut random), Policy::Block)
        };
        let (a, b) = (side(rate_a), side(rate_b));
        let comparison = Comparison::new(&a, &b, quick(seed));
        found += u64::from(comparison.verdict.drop_rate_differs == Some(true));
    }
    let power = found as f64 / TRIES as f64;
    assert!((0.76..0.90).contains(&power), "{power} of {needed:?}");
}

#[test]
fn the_interval_of_a_tail_covers_the_true_difference_as_often_as_it_says() {
    const TRIES: u64 = 400;
    let mut random = Pcg64::seed_from_u64(7);
    let spread = LogNormal::new(0.0, 0.3).unwrap();
    let mut covered = 0;
    for seed in 0..TRIES {
        let mut side = |shift: u64| -> Vec<u64> {
            (0..600)
                .map(|_| (spread.sample(&mut random) * 2e7) as u64 + shift)
                .collect()
        };
        let (a, b) = (side(0), side(3_000_000));
        let interval = quick(seed)
            .interval(&a, &b, Quantile::P95, Level::ALONE)
            .unwrap();
        covered += u64::from(interval.low_nanos <= 3e6 && 3e6 <= interval.high_nanos);
    }
    let coverage = covered as f64 / TRIES as f64;
    assert!((0.92..=0.99).contains(&coverage), "{coverage}");
}

#[test]
fn the_source_documents_pool_is_not_proven() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["compare", POOL, NO_POOL, "--policy", "block"];
    let found = json(&framescope(
        folder.path(),
        &[&arguments[..], &["--json", "-"]].concat(),
    ));
    assert_eq!(found["schema"], "framescope.compare/1");
    let counts = |side: &Value| {
        (
            side["dropped"].as_u64().unwrap(),
            side["arrived"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        (counts(&found["a"]), counts(&found["b"])),
        ((1, 60), (5, 61))
    );
    let rates = &found["drop_rate"];
    close(
        rates["p"].as_f64().unwrap(),
        &references()["tables"][0]["fisher"],
        1e-6,
    );
    assert_eq!(rates["needed_frames"]["approximate"], 172);
    assert_eq!(
        (&rates["differs"], &rates["design_effect"]),
        (&false.into(), &1.0.into())
    );
    assert_eq!(found["verdict"]["differs"], false);
    // A p95 there is, of both; an interval of its difference takes more.
    let p95 = &found["response"]["quantiles"][1];
    assert!(p95["difference_ms"].is_f64() && p95["low_ms"].is_null());
    assert!(found["response"]["quantiles"][2]["difference_ms"].is_null());
    let text = framescope(folder.path(), &arguments);
    let text = String::from_utf8(text.stdout).unwrap();
    for words in [
        "Not distinguishable",
        "1 of 60",
        "5 of 61",
        "p = 0.21",
        "172 frames an arm",
        "140 more frames",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn what_differs_in_two_runs_is_listed_and_a_slower_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let small = small_recipe(folder.path());
    for (name, more) in [("a", ["--budget", "10s"]), ("b", ["--budget", "1us"])] {
        let file = format!("{name}.run");
        let run = [
            "run", SMALL, "--fps", "100", "--frames", "150", "--policy", "block", "--recipe",
            &small, "--save", &file,
        ];
        let saved = framescope(folder.path(), &[&run[..], &more[..]].concat());
        assert!(saved.status.success(), "{}", stderr(&saved));
    }
    let found = json(&framescope(
        folder.path(),
        &["compare", "a.run", "b.run", "--json", "-"],
    ));
    assert_eq!(found["verdict"]["differs"], true, "{}", found["verdict"]);
    let keys: Vec<&Value> = found["plan_differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["key"])
        .collect();
    assert_eq!(keys, ["budget_ms"]);
    let stages = found["stages"].as_array().unwrap();
    assert_eq!(stages[0]["id"], "convert");
    let sentence = found["verdict"]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("Different: B drops more, "),
        "{sentence}"
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["compare", POOL]), Some(3));
    assert_eq!(code(&["compare", POOL, "missing.csv"]), Some(2));
    assert_eq!(
        code(&["compare", POOL, NO_POOL, "--policy", "fifo"]),
        Some(3)
    );
    std::fs::copy(POOL, folder.path().join("own.csv")).unwrap();
    assert_eq!(
        code(&["compare", "own.csv", NO_POOL, "--json", "own.csv"]),
        Some(2)
    );
}

#[test]
fn two_settings_are_measured_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let small = small_recipe(folder.path());
    // However busy the machine: nothing is late for the one, everything for the other.
    let common = format!("{SMALL} --fps 100 --recipe '{small}' --warmup 3 --policy block");
    let usual = format!("{common} --budget 10s");
    let slow = format!("{common} --budget 1us");
    let turns = [
        "compare", "--run", &usual, "--run", &slow, "--rounds", "3", "--block", "40",
    ];
    let output = framescope(
        folder.path(),
        &[&turns[..], &["--json", "-", "--no-worse"]].concat(),
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rounds = found["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 3);
    assert!(
        rounds
            .iter()
            .all(|round| round["a"]["arrived"] == 40 && round["b"]["arrived"] == 40)
    );
    assert_eq!(
        (&found["a"]["arrived"], &found["a"]["name"]),
        (&120.into(), &usual.as_str().into())
    );
    assert_eq!(found["verdict"]["is_b_worse"], true, "{}", found["verdict"]);
    let order: Vec<String> = stderr(&output)
        .lines()
        .filter(|line| line.starts_with("round "))
        .map(str::to_owned)
        .collect();
    assert_eq!(order.len(), 6);
    assert!(
        order[0].ends_with('A') && order[1].ends_with('B') && order[2].ends_with('A'),
        "{order:?}"
    );
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["compare", "--run", &usual]), Some(3));
    assert_eq!(
        code(&["compare", "--run", &usual, "--run", "--frames 9"]),
        Some(3)
    );
    assert_eq!(
        code(&["compare", "--run", &usual, "--run", "--save x"]),
        Some(3)
    );
    assert_eq!(
        code(&["compare", "--run", &usual, "--run", "'open"]),
        Some(3)
    );
    assert_eq!(code(&["compare", POOL, NO_POOL, "--rounds", "3"]), Some(3));
    assert_eq!(
        code(&["compare", "--run", &usual, "--run", "missing.mp4"]),
        Some(2)
    );
}
