//! No dependency may need a newer compiler than this workspace says it does.

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::process;

/// Compares every package's `rust-version` with the workspace's.
pub(crate) fn check() -> anyhow::Result<()> {
    let metadata = process::output(&["cargo", "metadata", "--format-version", "1", "--locked"])?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let ours = packages
        .iter()
        .find(|package| package["name"] == "sshdoctor")
        .and_then(|package| parse(&package["rust_version"]))
        .context("the workspace says no rust-version")?;
    let newer: Vec<String> = packages
        .iter()
        .filter(|package| parse(&package["rust_version"]).is_some_and(|needed| needed > ours))
        .map(|package| format!("{} needs {}", package["name"], package["rust_version"]))
        .collect();
    if !newer.is_empty() {
        bail!("newer than rust-version {ours:?}: {}", newer.join(", "));
    }
    println!(
        "{} packages, none needs more than {}.{}",
        packages.len(),
        ours.0,
        ours.1
    );
    Ok(())
}

fn parse(version: &Value) -> Option<(u32, u32, u32)> {
    let mut parts = version.as_str()?.split('.').map(str::parse);
    let mut next = || parts.next().and_then(Result::ok);
    Some((next()?, next().unwrap_or(0), next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(super::parse(&json!("1.100")) > super::parse(&json!("1.95.1")));
        assert_eq!(super::parse(&json!("1.95")), Some((1, 95, 0)));
        assert_eq!(super::parse(&json!(null)), None);
    }
}
