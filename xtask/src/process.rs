//! Other programs, run in the root of the checkout.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{terminal, workspace};

/// A program with its arguments, ready to run.
pub struct Process {
    command: Command,
    shown: String,
}

impl Process {
    /// This program, run in the root of the checkout.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root());
        let name = program.as_ref().to_string_lossy();
        let shown = name.rsplit('/').next().unwrap_or(&name).to_owned();
        Self { command, shown }
    }

    /// The cargo that runs this program.
    pub fn cargo() -> Self {
        Self::new(workspace::cargo())
    }

    /// With these arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        for argument in arguments {
            let argument: OsString = argument.into();
            self.shown.push(' ');
            self.shown.push_str(&argument.to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Shown by its name alone.
    pub fn quiet(mut self) -> Self {
        self.shown.truncate(self.shown.find(' ').unwrap_or(self.shown.len()));
        self
    }

    /// With this environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it with its output shown, and says how long it took.
    pub fn run(mut self) -> Result<()> {
        terminal::step(&self.shown);
        let started = Instant::now();
        let status =
            self.command.status().with_context(|| format!("'{}' could not be started", self.shown))?;
        if !status.success() {
            bail!("'{}' failed ({status})", self.shown);
        }
        terminal::note(&format!("took {} s", started.elapsed().as_secs()));
        Ok(())
    }

    /// Runs it, shows its standard output and hands each line of it to `line` as well; returns whether it
    /// succeeded.
    pub fn run_reading(mut self, mut line: impl FnMut(&str)) -> Result<bool> {
        terminal::step(&self.shown);
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("'{}' could not be started", self.shown))?;
        if let Some(output) = child.stdout.take() {
            for bytes in BufReader::new(output).split(b'\n') {
                let text = String::from_utf8_lossy(&bytes?).into_owned();
                terminal::result(&text);
                line(&text);
            }
        }
        Ok(child.wait()?.success())
    }

    /// Runs it and returns its standard output.
    pub fn output(mut self) -> Result<Vec<u8>> {
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("'{}' could not be started", self.shown))?;
        if !output.status.success() {
            bail!("'{}' failed ({})", self.shown, output.status);
        }
        Ok(output.stdout)
    }

    /// Whether it runs and succeeds; its output is not shown.
    pub fn succeeds(mut self) -> bool {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.command.status().is_ok_and(|status| status.success())
    }

    /// Becomes that program; returns only where it cannot be started.
    #[cfg(unix)]
    pub fn replace(mut self) -> Result<()> {
        use std::os::unix::process::CommandExt;
        let error = self.command.exec();
        Err(error).with_context(|| format!("'{}' could not be started", self.shown))
    }

    /// Runs that program to its end.
    #[cfg(not(unix))]
    pub fn replace(self) -> Result<()> {
        self.run()
    }
}
