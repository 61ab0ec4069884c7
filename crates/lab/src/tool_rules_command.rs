//! `lab tool-rules`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sshdoctor_lab::{LabError, Recording, Situation, observe_for_sandbox, record_all};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only situations whose name contains one of these.
    patterns: Vec<String>,
    /// How many at a time.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Write the rules and what the kernel did into this folder, one folder a situation.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Observe the situation that the environment names; for this program itself, in a sandbox.
    #[arg(long, hide = true)]
    inside: bool,
}

/// Observes every situation and prints what does not fit.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, LabError> {
    if arguments.inside {
        println!("{}", observe_for_sandbox()?);
        return Ok(ExitCode::SUCCESS);
    }
    let situations = select(&arguments.patterns)?;
    let inside: [OsString; 2] = ["tool-rules".into(), "--inside".into()];
    let (mut right, mut wrong, mut skipped, mut packets) = (0, 0, 0, 0);
    record_all(&situations, arguments.jobs, &inside, |file, recording| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let recording = recording.and_then(|recording| {
            if let Some(folder) = &arguments.record {
                keep(&folder.join(&*name), &recording)?;
            }
            Ok(recording)
        });
        match recording {
            Err(error) => {
                wrong += 1;
                println!("FAIL {name:<32} {error}");
            }
            Ok(Recording {
                skipped: Some(reason),
                ..
            }) => {
                skipped += 1;
                println!("skip {name:<32} {reason}");
            }
            Ok(recording) => {
                packets += recording.packets;
                let fits = recording.problems.is_empty();
                right += usize::from(fits);
                wrong += usize::from(!fits);
                let mark = if fits { "ok  " } else { "FAIL" };
                println!("{mark} {name:<32} {} packets", recording.packets);
                for problem in &recording.problems {
                    println!("       - {problem}");
                }
            }
        }
    });
    println!("tool-rules: {right} as expected, {wrong} not, {skipped} skipped; {packets} packets");
    Ok(if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Every situation whose name contains one of the patterns, by name.
fn select(patterns: &[String]) -> Result<Vec<PathBuf>, LabError> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tool_rules");
    let entries = std::fs::read_dir(&source).map_err(|error| LabError::System {
        doing: format!("list {}", source.display()),
        source: error,
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            patterns.is_empty() || patterns.iter().any(|pattern| name.contains(pattern))
        })
        .collect();
    files.sort();
    for file in &files {
        Situation::load(file)?;
    }
    Ok(files)
}

/// Replaces the folder of one situation.
fn keep(folder: &Path, recording: &Recording) -> Result<(), LabError> {
    if recording.skipped.is_some() {
        return Ok(());
    }
    let write = || -> std::io::Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        for (name, text) in &recording.files {
            std::fs::write(folder.join(name), text)?;
        }
        Ok(())
    };
    write().map_err(|source| LabError::System {
        doing: format!("write {}", folder.display()),
        source,
    })
}
