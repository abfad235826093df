//! What keeps the program from starting is said, with what to do.

use std::net::TcpListener;

use tempfile::TempDir;
use tests::installation::{KEY, servers};
use tests::program::{Settings, Tickgraph};

async fn refused(command: &str, settings: &Settings, mentions: &[&str]) {
    let ended = Tickgraph::refuses(command, settings).await;
    assert!(!ended.status.success(), "'tickgraph {command}' ended well:\n{}", ended.output);
    for text in mentions {
        assert!(ended.output.contains(text), "'{text}' is missing in:\n{}", ended.output);
    }
    assert!(!ended.output.contains("panicked"), "{}", ended.output);
    assert!(!ended.output.contains("hunter2"), "a password is shown:\n{}", ended.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = Settings::in_folder(folder.path()).with("TICKGRAPH_LISTEN", &address);
    refused("serve", &settings, &[&address, "in use", "TICKGRAPH_LISTEN"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for path in [file.clone(), file.join("below"), "/proc/tickgraph".into()] {
        let shown = path.display().to_string();
        refused("serve", &Settings::in_folder(&path), &[&shown, "TICKGRAPH_DATA"]).await;
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "not a folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_setting_is_named_with_what_was_expected() {
    let folder = TempDir::new().unwrap();
    for (name, value) in [
        ("TICKGRAPH_LISTEN", "somewhere"),
        ("TICKGRAPH_KEY", "hunter2"),
        ("TICKGRAPH_ALLOWED_ORIGINS", "desk.example.com"),
        ("TICKGRAPH_LOG", "===,!!"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/db"),
        ("REDIS_URL", "http://:hunter2@localhost"),
        ("IB_ADDRESS", "gateway"),
        ("IB_CLIENT_ID", "minus one"),
        ("IB_MARKET_DATA_LINES", "0"),
    ] {
        let settings = Settings::in_folder(folder.path()).with(name, value);
        refused("serve", &settings, &[name, "expected"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_and_desk_need_their_servers_configured() {
    let folder = TempDir::new().unwrap();
    let bare = Settings::in_folder(folder.path());
    let half = bare.clone().with("DATABASE_URL", "postgres://ann:hunter2@127.0.0.1:1/db");
    for command in ["api", "desk"] {
        refused(command, &bare, &["DATABASE_URL"]).await;
        refused(command, &half, &["REDIS_URL"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_gone_at_the_start_are_named() {
    let Some((postgres, redis)) = servers().await else { return };
    let folder = TempDir::new().unwrap();
    let settings = Settings::in_folder(folder.path()).with("TICKGRAPH_KEY", KEY);
    let no_postgres = settings
        .clone()
        .with("DATABASE_URL", "postgres://ann:hunter2@127.0.0.1:1/db")
        .with("REDIS_URL", redis.url());
    let no_redis =
        settings.with("DATABASE_URL", postgres.url()).with("REDIS_URL", "redis://:hunter2@127.0.0.1:1");
    for command in ["api", "desk"] {
        refused(command, &no_postgres, &["DATABASE_URL"]).await;
        refused(command, &no_redis, &["REDIS_URL"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_installations_is_refused() {
    let folder = TempDir::new().unwrap();
    let settings = Settings::in_folder(folder.path());
    let mut server = Tickgraph::start("serve", &settings);
    server.address().await;
    assert!(server.terminate().await.status.success());

    let other = settings.clone().with("TICKGRAPH_KEY", KEY);
    refused("serve", &other, &["another key", "TICKGRAPH_KEY", "--accept-key"]).await;
    let mut accepted = Tickgraph::start("serve --accept-key", &other);
    accepted.address().await;
    assert!(accepted.terminate().await.status.success());
    refused("serve", &settings, &["another key"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_makes_no_key_of_its_own() {
    let folder = TempDir::new().unwrap();
    let settings = Settings::in_folder(folder.path())
        .with("DATABASE_URL", "postgres://ann:hunter2@127.0.0.1:1/db")
        .with("REDIS_URL", "redis://127.0.0.1:1");
    refused("desk", &settings, &["no key", "TICKGRAPH_KEY"]).await;
    assert!(!folder.path().join("key").exists());
}
