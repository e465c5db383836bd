//! Durations and limits that a maintainer may want to change, each with its reason. Limits of one algorithm stay beside
//! it; rates that an operator sets are in `config`.

use std::time::Duration;

use jiff::SignedDuration;

// Comments

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest address of a commenter's site, in characters.
pub const SITE_MAX: usize = 200;
/// Longest text, in characters.
pub const TEXT_MAX: usize = 10_000;
/// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Time for which its writer may edit a comment.
pub const EDIT_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Time in which comments are counted.
pub const RATE_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// Time within which an equal text counts as repeated.
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Shortest text that counts as repeated, in letters. Many people send the same short text, such as "Thank you!"
pub const SHORTEST_REPEAT: usize = 25;
/// Days for which a form is valid.
pub const STAMP_DAYS: u64 = 30;
/// Deepest level of indented replies. A reply below it is shown beside its parent and names whom it answers.
pub const MAX_DEPTH: usize = 5;
/// Most comments on a page, unless a single thread is longer.
pub const COMMENTS_PER_PAGE: usize = 200;
/// Most bytes of a form. 10,000 characters of four bytes, percent-encoded, are 120 kB; the rest is reserve.
pub const FORM_BYTES: usize = 256 * 1024;
/// Lifetime of the cookie: the longest that browsers keep one (RFC 6265bis, 5.5).
pub const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

// Mails

/// Days for which the author may moderate a comment from its mail.
pub const MODERATION_DAYS: i64 = 30;
/// Days for which a subscription can be confirmed.
pub const CONFIRMATION_DAYS: i64 = 7;
/// Minutes for which a link by mail opens a corner (`/me`): enough for a slow mail server, little for an old mail.
pub const CORNER_MINUTES: i64 = 60;
/// Most confirmation mails to one mailbox in a day, and in a week.
pub const ASKED_A_DAY: i64 = 1;
pub const ASKED_A_WEEK: i64 = 3;
/// Most confirmation mails that one network causes in an hour, so that it does not use up the limit for all.
pub const ASKED_A_NETWORK: i64 = 5;
/// Most confirmation mails in an hour in all. Those beyond the limit are sent later.
pub const ASKED_AN_HOUR: i64 = 20;
/// Number of corner links that one mailbox gets in a day without waiting; [`LINK_SLOT`] is the pause between them.
pub const LINKS_A_DAY: i64 = 3;
/// Milliseconds in which one mailbox gets at most one link.
pub const LINK_SLOT: i64 = 10 * 60 * 1000;
/// Most links that one network may ask for in an hour, to any mailbox.
pub const LINKS_ASKED_AN_HOUR: i64 = 10;
/// Pauses after the first attempt, the second, and so on; the last one repeats.
pub const RETRY_PAUSES: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(8),
];
/// Time between the first attempt and the last.
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// Hour at which digests are due, in the site's time zone.
pub const DIGEST_HOUR: i8 = 8;
/// Most comments of each kind that a digest shows; the others are only counted.
pub const DIGEST_COMMENTS: usize = 30;
/// Longest part of a comment that a digest shows, in characters.
pub const DIGEST_TEXT: usize = 200;
/// Time between two looks at the outbox: one small query.
pub const OUTBOX_POLL: Duration = Duration::from_secs(1);
/// Pause before the next mail after a server was away; each mail has its own, longer pauses besides.
pub const MAIL_SERVER_PAUSE: Duration = Duration::from_secs(20);
/// Time between two checks if confirmation mails that wait can be sent.
pub const CONFIRMATION_CHECK: SignedDuration = SignedDuration::from_mins(1);
/// Time between two deletions of old rows.
pub const MAIL_CLEANUP: SignedDuration = SignedDuration::from_hours(1);
/// Longest time that a mail being sent may delay the end of the program.
pub const MAIL_SHUTDOWN: Duration = Duration::from_secs(4);
/// Timeout of connecting to the mail server.
pub const MAIL_CONNECT: Duration = Duration::from_secs(10);
/// Timeout of its greeting and of the commands before the text. A mail that fails there was not sent.
pub const MAIL_COMMANDS: Duration = Duration::from_secs(60);
/// Timeout from the text to its reply: the server may check the text first (RFC 5321, 4.5.3.2.6). A client that gives
/// up earlier may send the mail twice.
pub const MAIL_ACCEPTANCE: Duration = Duration::from_mins(10);
/// Longest pause before the result of a mail is stored again, while the database is away.
pub const MAIL_SETTLE_PAUSE: Duration = Duration::from_secs(30);
/// Longest line of a mail's header, in characters; longer ones are cut.
pub const MAIL_LINE: usize = 200;
/// Longest part of a mail server's reply that is kept, in characters.
pub const MAIL_REASON: usize = 300;
/// Longest part of a comment in a list of the command line, in characters.
pub const LISTED_TEXT: usize = 100;

// Desk

/// Shortest and longest password, in characters. With 12 letters, a guess a second takes longer than anybody has.
pub const PASSWORD_MIN: usize = 12;
pub const PASSWORD_MAX: usize = 200;
/// Minutes for which a link sets a password, and for which a page with a passkey's challenge can be used.
pub const PASSWORD_LINK_MINUTES: i64 = 60;
/// Longest id of a passkey, in bytes (Web Authentication, 4).
pub const CREDENTIAL_MAX: usize = 1023;
/// Number of passwords hashed at the same time. Each takes 19 MiB (Argon2id, OWASP's parameters).
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Time without use after which a session ends.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Longest session; then the password is asked for again.
pub const SESSION_MAX: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Accuracy with which the last use of a session is stored, so that reading the desk does not always write.
pub const SESSION_USE: SignedDuration = SignedDuration::from_mins(5);
/// Time in which wrong passwords are counted.
pub const SIGN_IN_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Most wrong passwords from one network in that time, and for one account. A link of `instep author passwd` is never
/// counted, so that nobody is locked out for good.
pub const WRONG_FROM_NETWORK: i64 = 10;
pub const WRONG_FOR_ACCOUNT: i64 = 50;
/// Time for which an action of the desk can be undone.
pub const UNDO_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Most cookies of a request that may hold its session.
pub const DESK_COOKIES: usize = 4;
/// Days for which a link shows a text that is not published.
pub const PREVIEW_DAYS: i64 = 7;
/// Most texts in a list of the desk.
pub const DESK_TEXTS: usize = 200;
/// Most comments in a list of the desk.
pub const DESK_COMMENTS: usize = 50;

// Writing apps

/// Time for which a code can be exchanged for a token.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Most bytes of an upload: a film from a phone, or a blog in one archive.
pub const UPLOAD_BYTES: usize = 64 * 1024 * 1024;
/// Number of uploads that are kept in memory at the same time, until they are saved.
pub const UPLOADS_AT_ONCE: usize = 2;
/// Timeout of an upload: 64 MiB in that time are 2 Mbit/s.
pub const UPLOAD_TIME: Duration = Duration::from_mins(5);
/// Most bytes and files of an archive when it is unpacked.
pub const UNPACKED_BYTES: u64 = 512 * 1024 * 1024;
pub const UNPACKED_FILES: usize = 5000;
/// Longest time that an answer waits until the site shows what was saved. It usually takes a fifth of a second; where
/// changes are noticed by a look every second, longer.
pub const LIVE_WAIT: Duration = Duration::from_secs(3);

// Pictures

/// Largest picture file that is read, in bytes.
pub const MEDIA_BYTES: u64 = 64 * 1024 * 1024;
/// Largest picture that is sent, in pixels.
pub const MEDIA_PIXELS: u64 = 100_000_000;
/// Most memory to resize one picture, in bytes: a hundred megapixels with transparency, and their versions.
pub const RESIZING_MEMORY: u64 = 600_000_000;
/// Most bytes of a photo for a phone, which is up to [`PHONE_WIDTH`] wide. Quality is reduced until it fits.
pub const PHONE_BYTES: usize = 96_000;
/// Widest photo for a phone, in pixels.
pub const PHONE_WIDTH: u32 = 800;
/// Number of pictures cleaned at the same time for requests; each may take twice its file size in memory.
pub const PICTURES_CLEANED_AT_ONCE: usize = 2;
/// Number of tries for a picture whose processing ends the program, or the machine, each time.
pub const PICTURE_TRIES: u64 = 2;
/// Time between two log lines about pictures that are still to be resized.
pub const PICTURE_PROGRESS: Duration = Duration::from_secs(15);
/// Time between checks if the process that resizes pictures has ended.
pub const HELPER_POLL: Duration = Duration::from_millis(200);

// Database

/// Number of reading connections of SQLite: a page needs one query, and two cores run few at once.
pub const SQLITE_READERS: u32 = 4;
/// Longest time that SQLite waits for another process that writes (the shell, a backup).
pub const SQLITE_WAIT: Duration = Duration::from_secs(5);
/// Most connections to PostgreSQL.
pub const POSTGRES_CONNECTIONS: u32 = 16;
/// Longest time that work on a PostgreSQL connection may take. For a server that vanished, the wait would last until
/// TCP gives up, which can be never. SQLite needs no such limit: its file is on this machine.
pub const POSTGRES_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time that a request waits for a connection before its response says that the database is away.
pub const CONNECTION_WAIT: Duration = Duration::from_secs(3);
/// Number of attempts to open the database at the start, each of at most [`CONNECTION_WAIT`].
pub const OPEN_ATTEMPTS: usize = 10;
/// Most comments in one transaction. A bigger one saves next to nothing, and its first comment waits for its last.
pub const COMMENTS_A_TRANSACTION: usize = 64;
/// Most comments erased in one transaction: commenters must not wait for it.
pub const ERASED_A_TRANSACTION: i64 = 200;

// Stored data

/// Longest time that a run of git may take for a commit.
pub const COMMIT_TIME: Duration = Duration::from_secs(10);
/// Number of earlier versions that are kept of each text.
pub const VERSIONS_KEPT: usize = 50;
/// Time for which a text that was typed and not saved is kept, and the number of such texts.
pub const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
pub const DRAFTS_KEPT: usize = 100;
/// Time that a comment is kept after it became spam or trash, so that it can be restored.
pub const SPAM_KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);
pub const TRASH_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Time that the fingerprint of a whole address is kept; rate limits use it for ten minutes.
pub const ADDRESS_KEPT: SignedDuration = SignedDuration::from_hours(1);
/// Time that refusals and fingerprints of networks are kept.
pub const RECORDS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Time that finished mails stay in the outbox, and that mails wait if no mail server is set.
pub const MAILS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Most refusals kept within an hour; a flood must not fill the disk.
pub const REFUSALS_AN_HOUR: i64 = 100;
/// Longest part of a refused text that is kept, in characters.
pub const REFUSAL_TEXT: usize = 500;
/// Number of revisions that an instance may fall behind before it drops its whole cache.
pub const KEPT_REVISIONS: i64 = 10_000;

// Server

/// Limits for clients. Tests shorten the timeouts.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Timeout for all headers of a request, and for an idle connection.
    pub header_read: Duration,
    /// Time after which a connection without traffic may be closed for a new one.
    pub idle: Duration,
    /// Time without traffic after which a connection that was asked to close is cut off in the middle of its request.
    pub unfinished: Duration,
    /// Timeout from the headers to the response, against clients that send a body slowly.
    pub request: Duration,
    /// Time budget for a client that does not read its response.
    pub write: Duration,
    /// Bytes that give back a second of that budget, so that a client cannot read arbitrarily slowly.
    pub write_rate: u32,
    /// Timeout for requests in flight when the server stops.
    pub shutdown: Duration,
    /// Most bytes of a request's headers.
    pub header_bytes: usize,
    /// Most bytes of all bodies that are being read, not counting the first few kilobytes of each.
    pub body_bytes: usize,
    /// Most connections at once; idle ones are closed for new ones.
    pub connections: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(15),
            idle: Duration::from_secs(1),
            unfinished: Duration::from_secs(5),
            request: Duration::from_secs(20),
            write: Duration::from_secs(30),
            write_rate: 1024,
            shutdown: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body_bytes: 16 * 1024 * 1024,
            connections: 10_000,
        }
    }
}

// Page cache

/// Most bytes in the cache, all encodings together.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Longest age of a page. After a day the stamp in its comment form would be too old (`domain::stamp`).
pub const CACHED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Age at which a page gets the best compression, since it is likely to be read again. That takes some fifty times as
/// long.
pub const BEST_COMPRESSION_AFTER: Duration = Duration::from_secs(5);
/// Longest wait for a page that another request renders. Then the request renders its own, so that its time limit is not
/// used up before it begins.
pub const RENDER_WAIT: Duration = Duration::from_secs(2);

// Lists, search and feeds

/// Number of posts on a page of a list.
pub const POSTS_PER_PAGE: usize = 10;
/// Most results of a search that are shown; who needs more can refine the words.
pub const SEARCH_RESULTS: usize = 30;
/// Longest query of a search, in characters; the form has the same limit.
pub const SEARCH_QUERY: usize = 200;
/// Most tags in the list of the search form; rarer tags can be found by their word.
pub const SEARCH_TAGS: usize = 100;
/// Number of posts in a feed: feed readers request it often, and each entry is a whole article.
pub const FEED_POSTS: usize = 20;
/// Number of comments in a feed.
pub const FEED_COMMENTS: usize = 30;
/// Most URLs in one file of the sitemap (sitemaps.org, "Sitemap file limits").
pub const SITEMAP_URLS: usize = 50_000;
/// Most similar pages that a 404 lists.
pub const NEARBY_PAGES: usize = 3;

// Requests to embed providers

/// Timeout of one request, with redirects and the whole response.
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(20);
/// Timeout of connecting.
pub const PROVIDER_CONNECT: Duration = Duration::from_secs(5);
pub const PROVIDER_REDIRECTS: u32 = 3;
/// Longest response about an embed, in bytes. Most have some hundred; the `html` in them may be longer.
pub const RESPONSE_BYTES: u64 = 256 * 1024;
/// Largest still, in bytes.
pub const STILL_BYTES: u64 = 5 * 1024 * 1024;
/// Longest title, in characters. YouTube allows 100.
pub const EMBED_TITLE: usize = 200;
