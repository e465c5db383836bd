//! The real program: its output, its files, its exit codes.

mod author;
mod comments;
mod making;
mod pictures;
mod serving;
mod token;

use crate::support::{
    Answer,
    running::{Client, fetch},
};

/// Sends a comment under the post `calf` to a running program, and returns its number.
pub async fn comment(address: std::net::SocketAddr, text: &str) -> i64 {
    let answer = send(address, text).await;
    answer.is(303);
    crate::support::visitor::comment_id(&answer)
}

async fn send(address: std::net::SocketAddr, text: &str) -> Answer {
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("name", "Ana")
        .append_pair("text", text)
        .finish();
    let mut client = Client::connect(address).await;
    client
        .say(&format!(
            "POST /posts/calf/comments HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    client.hear().await.expect("an answer")
}

async fn calf(address: std::net::SocketAddr) -> Answer {
    fetch(address, "/posts/calf").await
}
