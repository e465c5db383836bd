//! Conversion of a draft into a MIME message: headers, a part in plain text and one in HTML.
//!
//! Text from others enters headers through [`line`] only, so that no name and no title can add a header.

use std::time::{Duration, SystemTime};

use email_encoding::headers::{rfc2047, writer::EmailWriter};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::{
    config::MailFrom,
    domain::{limits::MAIL_LINE, mailbox, words::one_line},
};

/// Content of a mail and its recipient.
#[derive(Debug)]
pub struct Draft {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// URL that ends such mails by a POST, if there is one (RFC 8058).
    pub one_click: Option<String>,
    /// Thread of the mail: mails with the same word belong together.
    pub conversation: Option<String>,
    /// Address for answers, if not the sender's.
    pub reply_to: Option<String>,
}

/// Sender of all mails.
#[derive(Debug)]
pub struct Sender {
    from: Mailbox,
    /// Part after the @ of a Message-ID: the site's host.
    host: String,
}

impl Sender {
    /// # Errors
    /// The sender's address is not valid in a mail.
    pub fn new(from: &MailFrom, title: &str, host: &str) -> Result<Self, String> {
        let name = line(from.name.as_deref().unwrap_or(title));
        Ok(Self { from: Mailbox::new(Some(name), address(&from.email)?), host: host.to_owned() })
    }

    /// Makes the message; it is the same each time except for the boundary between its parts.
    ///
    /// # Errors
    /// The recipient's address is not valid in a mail.
    pub fn message(&self, draft: Draft, id: &str, at: Timestamp) -> Result<Message, String> {
        let since_1970 = Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap_or(0));
        let mut mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(&draft.to)?))
            .raw_header(subject(line(&draft.subject))?)
            .date(SystemTime::UNIX_EPOCH + since_1970)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            // Prevents automatic replies such as holiday notices (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(email) = &draft.reply_to {
            mail = mail.reply_to(Mailbox::new(None, address(email)?));
        }
        if let Some(conversation) = &draft.conversation {
            mail = mail.references(format!("<{conversation}@{}>", self.host));
        }
        if let Some(address) = &draft.one_click {
            mail = mail
                .raw_header(header("List-Unsubscribe", &format!("<{address}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        mail.multipart(MultiPart::alternative_plain_html(draft.text, draft.html)).map_err(|error| error.to_string())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), line(value))
}

/// Makes the Subject. Text that looks like an encoded word must be encoded, or mail programs decode it (RFC 2047, 7).
fn subject(line: String) -> Result<HeaderValue, String> {
    let name = HeaderName::new_from_ascii_str("Subject");
    if !line.contains("=?") {
        return Ok(HeaderValue::new(name, line));
    }
    let mut encoded = String::new();
    rfc2047::encode(&line, &mut EmailWriter::new(&mut encoded, "Subject: ".len(), 0, false))
        .map_err(|error| error.to_string())?;
    Ok(HeaderValue::dangerous_new_pre_encoded(name, line, encoded))
}

/// Returns a text as one line, so that a name or a title cannot change a header or the words after it.
pub fn line(text: &str) -> String {
    one_line(text, MAIL_LINE)
}

/// Parses an address for a mail.
fn address(email: &str) -> Result<Address, String> {
    let address = mailbox::parse(email).and_then(|email| email.parse().ok());
    address.ok_or_else(|| format!("mails cannot be sent to the address {email:?}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sender(title: &str) -> Sender {
        let from = MailFrom { name: None, email: "blog@example.org".into() };
        Sender::new(&from, title, "example.org").expect("an address")
    }

    fn draft(subject: &str) -> Draft {
        Draft {
            to: "ana@bücher.example".into(),
            subject: subject.into(),
            text: "Hello\n.\nthere".into(),
            html: "<p>Hello</p>".into(),
            one_click: Some("https://example.org/mail/stop?key=7-41.abc".into()),
            conversation: Some("post.xyz".into()),
            reply_to: Some("bo@example.org".into()),
        }
    }

    /// Returns the names and values of the mail's headers, unfolded.
    fn headers(mail: &Message) -> Vec<(String, String)> {
        let text = String::from_utf8(mail.formatted()).expect("ASCII");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        let head = head.replace("\r\n ", " ");
        head.split("\r\n")
            .map(|line| line.split_once(": ").expect("a name and a value"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn written(title: &str, subject: &str) -> Vec<(String, String)> {
        let at: Timestamp = "2026-11-22T17:00:00Z".parse().expect("a time");
        headers(&sender(title).message(draft(subject), "mail.1", at).expect("a mail"))
    }

    const NAMES: [&str; 12] = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Reply-To",
        "References",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ];

    #[test]
    fn a_mail_has_its_headers() {
        let headers = written("Loose Laces", "A new comment");
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMES);
        let value = |name: &str| headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value);
        assert_eq!(value("From"), "\"Loose Laces\" <blog@example.org>");
        assert_eq!(value("To"), "ana@xn--bcher-kva.example");
        assert_eq!(value("Date"), "Sun, 22 Nov 2026 17:00:00 +0000");
        assert_eq!(value("Message-ID"), "<mail.1@example.org>");
        assert_eq!(value("List-Unsubscribe"), "<https://example.org/mail/stop?key=7-41.abc>");
        assert_eq!(value("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    }

    #[test]
    fn text_from_others_cannot_add_a_header() {
        for text in [
            "Hi\r\nBcc: victim@example.org",
            "Hi\nBcc: victim@example.org",
            "Hi\r\n\r\n<h1>another body</h1>",
            "Hi\u{2028}Bcc: x",
            "Hi\u{0}\u{b}\u{c}\u{85}x",
            "\u{202E}gro.elpmaxe",
        ] {
            let headers = written(text, text);
            assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), NAMES, "{text:?}");
        }
        assert_eq!(line("Ana\u{202E} \r\n  says\t\u{7}hi"), "Ana says hi");
    }

    #[test]
    fn long_and_foreign_lines_are_cut_and_encoded() {
        let long = line(&"word ".repeat(100));
        assert!(long.chars().count() <= MAIL_LINE + 1 && long.ends_with("word…"), "{long}");
        assert_eq!(line(&"ü".repeat(300)).chars().count(), MAIL_LINE + 1);
        let at: Timestamp = "2026-11-22T17:00:00Z".parse().expect("a time");
        let mail =
            sender("Schöne Füße").message(draft(&"日本語のとても長い件名 ".repeat(12)), "m", at).expect("a mail");
        let text = String::from_utf8(mail.formatted()).expect("ASCII");
        assert!(text.contains("Subject: =?utf-8?b?") && text.contains("From: =?utf-8?b?"), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() < 998), "no line is longer than RFC 5322 allows");
    }

    #[test]
    fn an_invalid_address_gets_no_mail() {
        for wrong in ["ana", "ana@", "a..b@example.org", "ana@exam ple.org", "ana@[127.0.0.1]", "a\r\nb@example.org"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_mail_library_takes_every_address_that_the_form_takes() {
        let locals = [
            "ana", "a.b", "a..b", ".a", "a.", "🏃", "ünï", "u\u{308}", "a\u{301}", "用户", "o'neil", "a b", "\"a\"",
            "a:b", "ａ", "ก็",
        ];
        let hosts = [
            "x.example",
            "X.EXAMPLE",
            "bücher.example",
            "x。example",
            "x_y.example",
            "-x.example",
            "x",
            "1.2.3.4",
            "[1.2.3.4]",
            "x.example.",
            "vict%69m.example",
            "xn--a.example",
            "x!.example",
            "xn--bcher-kva.example",
            "例子.example",
            "x..example",
        ];
        for (local, host) in locals.iter().flat_map(|local| hosts.iter().map(move |host| (local, host))) {
            let typed = format!("{local}@{host}");
            let Some(email) = mailbox::parse(&typed) else { continue };
            let read: Address = email.parse().unwrap_or_else(|error| panic!("{email}: {error}"));
            assert_eq!(read.to_string(), email);
        }
    }

    proptest! {
        #[test]
        fn mails_can_be_sent_to_every_accepted_address(typed in "[a-zA-Z0-9.+_%\u{80}-\u{24F}\u{300}-\u{310}\u{3040}-\u{30FF}\u{1F300}-\u{1F64F}]{1,12}@[a-zA-Z0-9.%\u{80}-\u{24F}\u{3040}-\u{30FF}-]{1,16}[.]org") {
            if let Some(email) = mailbox::parse(&typed) {
                prop_assert!(email.parse::<Address>().is_ok(), "{}", email);
                prop_assert_eq!(mailbox::parse(&email), Some(email));
            }
        }

        #[test]
        fn no_name_adds_a_header(title in "\\PC{0,80}", subject in "(?s).{0,120}") {
            let headers = written(&title, &subject);
            prop_assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), NAMES);
        }
    }
}
