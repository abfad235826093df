//! Waiting for a condition, never for a time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a test waits for what should happen at once. Generous: a machine may be busy.
pub const SOON: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer; after `limit` the test fails and names what was awaited.
pub async fn within<T, F>(limit: Duration, what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let ends = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < ends, "not within {} s: {what}", limit.as_secs());
        sleep(Duration::from_millis(25)).await;
    }
}
