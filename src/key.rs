//! The installation's key: 32 random bytes from which every other secret is derived.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use persistence::sql::Sql;
use rand::TryRng;
use tracing::warn;

use crate::settings::Secret;

/// What is done where the installation has another key than this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKey {
    /// The process does not start.
    Refuse,
    /// This process's key takes its place.
    Replace,
}

/// The key that was given, or the one in the data folder, which is made at the first start.
pub fn load(given: Option<&Secret>, data: &Path) -> anyhow::Result<[u8; 32]> {
    let path = data.join("key");
    if given.is_none() && !path.exists() {
        make(&path).with_context(|| format!("cannot write the key file {}", path.display()))?;
    }
    find(given, data)
}

/// The key that was given, or the one in the data folder; none is made.
pub fn find(given: Option<&Secret>, data: &Path) -> anyhow::Result<[u8; 32]> {
    if let Some(Secret(hex)) = given {
        return from_hex(hex).context("TICKGRAPH_KEY is not 64 hex digits");
    }
    let path = data.join("key");
    let shown = path.display();
    if !path.exists() {
        bail!(
            "this process has no key: set TICKGRAPH_KEY to the one that the api nodes have, or copy their key file \
             to {shown} (they make one at their first start)"
        );
    }
    let mode = fs::metadata(&path)
        .with_context(|| format!("cannot read the key file {shown}"))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        bail!("the key file {shown} can be read by others (mode {:o}); run: chmod 600 {shown}", mode & 0o777);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read the key file {shown}"))?;
    from_hex(text.trim()).with_context(|| {
        format!("the key file {shown} does not hold 64 hex digits; restore it from a backup")
    })
}

/// Makes sure that this process has the installation's key.
pub async fn claim(sql: &Sql, other: OtherKey) -> anyhow::Result<()> {
    if sql.claim_key().await? {
        return Ok(());
    }
    match other {
        OtherKey::Refuse => bail!(
            "this process has another key than its installation; set TICKGRAPH_KEY to the one that the other nodes \
             have, or copy their file 'key' into the data folder. Where the key is lost, 'serve' and 'api' take the \
             one they have with --accept-key: second factors and webhooks then have to be set up anew"
        ),
        OtherKey::Replace => {
            sql.replace_key().await?;
            warn!(
                "this process's key is now the installation's; what was sealed with the old one does not open"
            );
            Ok(())
        }
    }
}

/// Writes a new key under another name first, so that a crash leaves no half of one.
fn make(path: &Path) -> anyhow::Result<()> {
    let mut key = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut key).context("the system gives no random bytes")?;
    let hex = key.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let fresh = path.with_extension(format!("new.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    writeln!(file, "{hex}")?;
    file.sync_all()?;
    // A hard link fails where another process was first; its key then counts.
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_to_oneself() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(None, folder.path()).unwrap();
        assert_eq!(load(None, folder.path()).unwrap(), first);
        let path = folder.path().join("key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");

        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(load(None, folder.path()).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(load(None, folder.path()).unwrap_err().to_string().contains("64 hex digits"));
    }

    #[test]
    fn a_given_key_is_used_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let given = Secret("0f".repeat(32));
        assert_eq!(load(Some(&given), folder.path()).unwrap(), [0x0f; 32]);
        assert_eq!(find(Some(&given), folder.path()).unwrap(), [0x0f; 32]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn who_needs_the_installations_key_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        let missing = find(None, folder.path()).unwrap_err().to_string();
        assert!(missing.contains("TICKGRAPH_KEY") && missing.contains("key file"), "{missing}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let made = load(None, folder.path()).unwrap();
        assert_eq!(find(None, folder.path()).unwrap(), made);
    }
}
