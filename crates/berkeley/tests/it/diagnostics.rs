//! What the compiler says to a program that gives something wrong: a line that helps, and no list.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::skip;
use crate::support::{LIMIT, TempDir, finish, start};

/// The crate as it was compiled last: cargo keeps one for each set of features.
fn library(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("libberkeley-"));
        name && path.extension().is_some_and(|kind| kind == "rlib")
    };
    let age =
        |path: &PathBuf| path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    files.filter(is_ours).max_by_key(age).expect("this test was compiled against it")
}

/// What rustc says to a program whose main function is `body`.
fn compile(body: &str) -> String {
    let test = env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    let folder = TempDir::new();
    let source = folder.path("program.rs");
    fs::write(&source, format!("fn main() {{ {body} }}\n")).unwrap();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--emit=metadata", "--color=never", "-o"]);
    rustc.arg(folder.path("program")).arg("-L").arg(deps).arg("--extern");
    rustc.arg(format!("berkeley={}", library(deps).display()));
    // target/TRIPLE/debug/deps, where cargo was told a target; the macros that are programs are in target/debug/deps.
    let part = |nth| deps.ancestors().nth(nth).unwrap();
    let triple = part(2).file_name().unwrap().to_string_lossy().into_owned();
    if triple.contains("-linux-") {
        rustc.args(["--target", &triple, "-L"]).arg(part(3).join(part(1).file_name().unwrap()).join("deps"));
    }
    let output = finish(start(rustc.arg(source)), LIMIT);
    assert!(!output.status.success(), "it compiles: {body}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_no_address_is_told_so_in_one_line_without_a_list() {
    if !skip::need("diagnostics::what_is_no_address_is_told_so_in_one_line_without_a_list", "rustc") {
        return;
    }
    let said = compile(
        "let socket = berkeley::Socket::from(std::os::fd::OwnedFd::from(std::net::UdpSocket::bind(\"[::]:0\").unwrap()));
         let _ = socket.bind(80);
         let _ = socket.connect(());
         let _ = socket.send_to(b\"x\", (\"localhost\", \"http\"));",
    );
    for given in ["{integer}", "()", "(&str, &str)"] {
        let line = format!(
            "`{given}` is not a socket address: give an `Address`, a `SocketAddr`, a text such as \"127.0.0.1:80\", \
             or `(ip, port)`\n"
        );
        assert!(said.contains(&line), "{said}");
    }
    assert!(!said.contains("Bluetooth") && !said.contains("following other types"), "{said}");
}
