//! nginx, which serves the same bytes as precompressed files: the server that Instep is compared with.

use std::{fmt::Write as _, fs, net::TcpListener, os::unix::fs::MetadataExt, path::Path};

use super::{
    http::Answer,
    process::{self, Server},
};

/// The page as a file.
const PAGE: &str = "/page";

/// Two ways of writing files to a socket. The first is the documentation's, the second the faster for small ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sendfile {
    On,
    Off,
}

/// One worker on the servers' core. The files and headers are those of `answers`: plain, gzip, brotli.
pub fn start(folder: &Path, sendfile: Sendfile, answers: [&Answer; 3]) -> (Server, String) {
    let folder = folder.join(format!("nginx-{sendfile:?}"));
    fs::create_dir_all(folder.join("files")).expect("a folder");
    for (ending, answer) in ["", ".gz", ".br"].into_iter().zip(answers) {
        fs::write(folder.join(format!("files{PAGE}{ending}")), &answer.body).expect("writes");
    }
    // Free when asked; nobody else takes ports here in between.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let mut headers = String::new();
    for (name, value) in &answers[0].headers {
        let is_own = matches!(name.as_str(), "content-length" | "content-type" | "etag" | "date" | "vary");
        if !is_own {
            let _ = writeln!(headers, "add_header {name} \"{value}\";");
        }
    }
    let module = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so";
    let (load, brotli) = if Path::new(module).exists() {
        (format!("load_module {module};"), "brotli_static on;")
    } else {
        (String::new(), "")
    };
    let (sendfile, nopush) = if sendfile == Sendfile::On { ("on", "on") } else { ("off", "off") };
    let folder_name = folder.display();
    let configuration = format!(
        "{load}
worker_processes 1;
pid {folder_name}/pid;
error_log {folder_name}/errors.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile {sendfile};
  tcp_nopush {nopush};
  tcp_nodelay on;
  keepalive_requests 100000000;
  open_file_cache max=1000 inactive=60s;
  open_file_cache_valid 60s;
  default_type \"text/html; charset=utf-8\";
  gzip_static on;
  gzip_vary on;
  {brotli}
  client_body_temp_path {folder_name}/body;
  proxy_temp_path {folder_name}/proxy;
  fastcgi_temp_path {folder_name}/fastcgi;
  uwsgi_temp_path {folder_name}/uwsgi;
  scgi_temp_path {folder_name}/scgi;
  server {{
    listen {address} backlog=4096;
    root {folder_name}/files;
    {headers}
  }}
}}
"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration).expect("writes");
    let mut command = process::server("nginx");
    // The worker of a server started by root would be somebody who may not read our files.
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let user = if is_root { "daemon off; user root;" } else { "daemon off;" };
    command.arg("-p").arg(&folder).arg("-c").arg(&file).args(["-g", user]);
    let server = Server::other(command, address);
    let url = server.url(PAGE);
    (server, url)
}
