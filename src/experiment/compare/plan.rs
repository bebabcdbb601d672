//! What differs between two plans: every value that is not the same, by its path.

use serde::Serialize;
use serde_json::Value;

/// Differences that are listed, at most.
const MAX_DIFFERENCES: usize = 100;

/// One value of two plans that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanDifference {
    /// Where it stands: `pool`, `recipe.stages[1].width_px`.
    pub key: String,
    /// A's; `null` if it has none.
    pub a: Value,
    /// B's.
    pub b: Value,
}

/// Every value that differs between two plans in JSON, in the order of A's keys.
pub fn plan_differences(a: &Value, b: &Value) -> Vec<PlanDifference> {
    let mut found = Vec::new();
    collect(String::new(), a, b, &mut found);
    found
}

fn collect(key: String, a: &Value, b: &Value, found: &mut Vec<PlanDifference>) {
    if a == b || found.len() >= MAX_DIFFERENCES {
        return;
    }
    match (a, b) {
        (Value::Object(in_a), Value::Object(in_b)) => {
            let only_b = in_b.keys().filter(|name| !in_a.contains_key(*name));
            for name in in_a.keys().chain(only_b) {
                let path = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                let of = |side: &Value| side.get(name).cloned().unwrap_or(Value::Null);
                collect(path, &of(a), &of(b), found);
            }
        }
        (Value::Array(in_a), Value::Array(in_b)) if in_a.len() == in_b.len() => {
            for (at, (a, b)) in in_a.iter().zip(in_b).enumerate() {
                collect(format!("{key}[{at}]"), a, b, found);
            }
        }
        _ => found.push(PlanDifference {
            key,
            a: a.clone(),
            b: b.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_that_differs_is_named_by_its_path() {
        let a = json!({"pool": true, "recipe": {"stages": [{"w": 1}, {"w": 2}]}, "rate": "30", "x": [1]});
        let b = json!({"pool": false, "recipe": {"stages": [{"w": 1}, {"w": 3}]}, "rate": "30", "x": [1, 2], "new": 5});
        let found = plan_differences(&a, &b);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["pool", "recipe.stages[1].w", "x", "new"]);
        assert_eq!((&found[1].a, &found[1].b), (&json!(2), &json!(3)));
        assert_eq!(found[3].a, Value::Null);
        assert_eq!(plan_differences(&a, &a), []);
    }
}
