//! What a service manager is told, by systemd's protocol (`sd_notify`(3)): that the command is ready, what it does,
//! that it ends, and that it is alive.
//!
//! A datagram to the Unix socket that `NOTIFY_SOCKET` names; nothing where there is none. Nobody waits for it, and a
//! service manager that does not listen is no trouble.

use std::env;
use std::os::unix::ffi::OsStrExt as _;
use std::process;
use std::time::Duration;

use berkeley::{Family, Flags, Protocol, Socket, Type, UnixAddress};
use rustix::time::{ClockId, clock_gettime};

/// The variables by which a service manager speaks to this process, and to none that it starts.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The service manager, if there is one.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<Socket>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// The one that the environment names.
    pub fn of_environment() -> Self {
        let value = |name: &str| env::var_os(name);
        let socket = value(VARIABLES[0]).and_then(|name| connect(name.as_bytes()));
        let text = |name| value(name).map(|value| value.to_string_lossy().into_owned());
        let watchdog = watchdog(text(VARIABLES[1]).as_deref(), text(VARIABLES[2]).as_deref());
        Self { watchdog: watchdog.filter(|_| socket.is_some()), socket }
    }

    /// Clients are served from here on; `status` is for people, who ask for it by `systemctl status`.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// Something is read again; [`ready`](Self::ready) ends that.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}"));
    }

    /// No further clients are served.
    pub fn stopping(&self, status: &str) {
        self.tell(&format!("STOPPING=1\nSTATUS={status}"));
    }

    /// Tells that this thread's runtime goes round, twice within the time that the service manager waits for it; for
    /// ever, where it does not wait.
    pub async fn keep_alive(&self) {
        let Some(period) = self.watchdog else { return std::future::pending().await };
        loop {
            self.tell("WATCHDOG=1");
            tokio::time::sleep(period / 2).await;
        }
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.socket {
            // Its queue is full, or it is gone: neither is a reason to serve nobody.
            let _ = socket.try_send(state.as_bytes(), Flags::DONTWAIT);
        }
    }
}

/// A socket that is connected to a path, or behind an `@` to an abstract name.
fn connect(name: &[u8]) -> Option<Socket> {
    let address = match name {
        [b'@', rest @ ..] if !rest.is_empty() => UnixAddress::from_abstract(rest),
        [b'/', ..] => UnixAddress::from_path(std::ffi::OsStr::from_bytes(name)),
        _ => return None,
    };
    let socket = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).ok()?;
    socket.connect(address.ok()?).ok()?;
    Some(socket)
}

/// How long the service manager waits for a sign of life: where it does, and means this process.
fn watchdog(microseconds: Option<&str>, pid: Option<&str>) -> Option<Duration> {
    let ours = pid.is_none_or(|pid| pid.parse() == Ok(process::id()));
    let microseconds = microseconds.and_then(|text| text.parse().ok());
    microseconds.filter(|microseconds| *microseconds > 0 && ours).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_ours_where_its_process_is() {
        let (us, other) = (process::id().to_string(), (process::id() + 1).to_string());
        let rows = [
            (None, None, None),
            (Some("2000000"), None, Some(2)),
            (Some("2000000"), Some(us.as_str()), Some(2)),
            (Some("2000000"), Some(other.as_str()), None),
            (Some("2000000"), Some("x"), None),
            (Some("0"), None, None),
            (Some("soon"), None, None),
        ];
        for (microseconds, pid, want) in rows {
            assert_eq!(
                watchdog(microseconds, pid),
                want.map(Duration::from_secs),
                "{microseconds:?} {pid:?}"
            );
        }
    }

    #[test]
    fn a_name_that_is_no_path_and_no_abstract_name_is_no_manager() {
        for name in ["", "@", "notify", "vsock:2:1"] {
            assert!(connect(name.as_bytes()).is_none(), "{name}");
        }
    }
}
