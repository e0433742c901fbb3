//! One process opens a file, another one reads it: the descriptor goes from one to the other (`SCM_RIGHTS`).
//!
//! Shows `control::socket::rights` and `ControlBuffer::descriptors`, a server at a Unix path, and who the peer is
//! (`PEERCRED`). The one that takes needs no right to open the file.
//!
//! ```text
//! cargo run --example descriptor_passing give /tmp/door /etc/hostname    # to one process
//! cargo run --example descriptor_passing take /tmp/door                  # writes what is in the file
//! ```

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::control::{ControlBuffer, socket};
use berkeley::{Family, Protocol, SendMessage, Socket, Type, UnixAddress, create_server, option};

const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("descriptor_passing: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["give", path, file] => give(Path::new(path), &File::open(file)?),
        ["take", path] => take(Path::new(path)),
        _ => Err("usage: descriptor_passing [give PATH FILE | take PATH]".into()),
    }
}

fn give(path: &Path, file: &File) -> Result<(), Box<dyn Error>> {
    let server = create_server(UnixAddress::from_path(path)?)?;
    println!("listening on {}", server.local_address()?);
    server.set_timeout(Some(PATIENCE))?;
    let accepted = server.accept();
    // The next program could not bind to a path that is still there.
    fs::remove_file(path)?;
    let (client, _) = accepted?;

    // A descriptor goes beside a byte at least.
    let (byte, passed) = ([IoSlice::new(b"!")], [file.as_fd()]);
    client.send_msg(&SendMessage::new(&byte).control(&[socket::rights(&passed)]))?;
    println!("given to process {}", client.get(option::PEERCRED)?.pid);
    Ok(())
}

fn take(path: &Path) -> Result<(), Box<dyn Error>> {
    let client = Socket::new(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    client.set_timeout(Some(PATIENCE))?;
    client.connect(UnixAddress::from_path(path)?)?;

    let (mut byte, mut control) = ([0], ControlBuffer::for_descriptors(1));
    client.recv_msg(&mut [IoSliceMut::new(&mut byte)], &mut control)?;
    let descriptor = control.descriptors().next().ok_or("no descriptor came")?;
    // Close-on-exec, and this process's own: dropping the file closes it.
    io::copy(&mut File::from(descriptor), &mut io::stdout())?;
    Ok(())
}
