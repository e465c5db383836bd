//! wrk: sends many requests over open connections and measures the responses.

use super::process;

/// One slice of load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub connections: usize,
    /// The `Accept-Encoding` of its requests.
    pub encoding: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub requests: f64,
    pub per_second: f64,
    /// Median response time in milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// Number of responses other than 2xx, and of broken connections.
    pub errors: f64,
}

/// Runs wrk for one second, on the clients' core.
pub async fn run(url: &str, load: Load) -> Seen {
    let mut command = process::client("wrk");
    command.args(["-t1", "-d1s", "--latency", &format!("-c{}", load.connections)]);
    command.args(["-H", &format!("Accept-Encoding: {}", load.encoding), url]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("runs").expect("wrk runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let after = |label: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(|rest| rest.trim().to_owned())
    };
    let requests = text.lines().find(|line| line.contains(" requests in ")).and_then(|line| number(line.trim()));
    let socket_errors: f64 = after("Socket errors:").map_or(0.0, |line| {
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<f64>().ok()).sum()
    });
    Seen {
        requests: requests.expect("wrk counts requests"),
        per_second: after("Requests/sec:").and_then(|rest| number(&rest)).expect("wrk tells the rate"),
        p50: after("50%").and_then(|rest| latency(&rest)).expect("wrk tells latencies"),
        p99: after("99%").and_then(|rest| latency(&rest)).expect("wrk tells latencies"),
        errors: socket_errors + after("Non-2xx or 3xx responses:").and_then(|rest| number(&rest)).unwrap_or(0.0),
    }
}

fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// `1.35ms`, `870.00us`, `1.20s` in milliseconds.
fn latency(text: &str) -> Option<f64> {
    let text = text.trim();
    let (value, factor) = text
        .strip_suffix("us")
        .map(|value| (value, 0.001))
        .or_else(|| text.strip_suffix("ms").map(|value| (value, 1.0)))
        .or_else(|| text.strip_suffix('s').map(|value| (value, 1000.0)))?;
    Some(value.parse::<f64>().ok()? * factor)
}
