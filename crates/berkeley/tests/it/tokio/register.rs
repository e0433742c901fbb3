//! Meeting the reactor: within a runtime, once, and again after another.

use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::pin;
use std::task::Poll;

use berkeley::{AsyncSocket, Cause, Family, Operation, Protocol, Socket, Type};

use super::run;

#[test]
fn outside_a_runtime_the_error_says_so() {
    let text = "register: there is no tokio runtime here; call this from within one";
    let error = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.cause()), (text, Cause::Invalid));

    let (left, _right) =
        run(async { AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT) }).unwrap();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = pin!(left.readable()).poll(&mut context);
    assert!(matches!(polled, Poll::Ready(Err(error)) if error.to_string() == text));
}

#[test]
fn a_runtime_that_has_ended_is_an_error() {
    let (left, _right) = run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.writable().await.unwrap();
        (left, right)
    });
    let error = run(async { left.recv(&mut [0; 8]).await.unwrap_err() });
    assert_eq!((error.operation(), error.cause()), (Operation::Wait, Cause::Shutdown));
    assert_eq!(error.kind(), std::io::ErrorKind::Other);
    assert!(error.to_string().contains("shutting down"), "{error}");
}

/// Nobody runs the first runtime any more, and nobody would wake the wait.
#[test]
fn another_runtime_is_an_error_and_no_endless_wait() {
    use berkeley::Flags;
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for kind in [Type::STREAM, Type::DGRAM] {
        let (left, _right) = own.block_on(async {
            let (left, right) = AsyncSocket::pair(Family::UNIX, kind, Protocol::DEFAULT).unwrap();
            left.writable().await.unwrap();
            while left.socket().try_send(&[7; 4096], Flags::NONE).is_ok() {}
            assert!(left.try_send(&[7; 4096]).unwrap_err().is_would_block());
            (left, right)
        });
        let errors = run(async {
            let mut buffer = [0; 8];
            [
                left.readable().await.unwrap_err(),
                left.recv(&mut buffer).await.unwrap_err(),
                left.recv_from(&mut buffer).await.unwrap_err(),
                left.recv_vec(8).await.unwrap_err(),
                left.recv_with(&mut buffer, Flags::ERRQUEUE).await.unwrap_err(),
                left.recv_ready(|ready| ready.recv(&mut [0; 8])).await.unwrap_err(),
                left.accept().await.unwrap_err(),
                left.send(&[7; 4096]).await.unwrap_err(),
                left.send_all(&[7; 4096]).await.unwrap_err(),
            ]
        });
        for error in errors {
            assert_eq!(error.cause(), Cause::Invalid, "{error}");
            assert!(error.to_string().contains("another tokio runtime watches this socket"), "{error}");
        }
        // Taken over, it is as good as ever.
        run(async {
            let left = AsyncSocket::from_socket(left.into_socket()).unwrap();
            let waited = tokio::time::timeout(std::time::Duration::from_millis(20), left.readable()).await;
            assert!(waited.is_err());
        });
    }
}

#[test]
fn what_is_no_socket_is_refused() {
    run(async {
        let file = std::fs::File::open("/dev/null").unwrap();
        let error = AsyncSocket::from_socket(std::os::fd::OwnedFd::from(file).into()).unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::Register, Some(88)));
    });
}

#[test]
fn a_socket_given_back_registers_again() {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.writable().await.unwrap();
        let again = AsyncSocket::from_socket(left.into_socket()).unwrap();
        right.send_all(b"again").await.unwrap();
        assert_eq!(again.recv_vec(8).await.unwrap(), b"again");
    });
}

#[test]
fn a_socket_is_converted_by_stds_traits() {
    run(async {
        let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        let left = AsyncSocket::try_from(left).unwrap();
        left.writable().await.unwrap();
        let number = left.as_raw_fd();
        let fd = OwnedFd::from(left);
        assert_eq!(fd.as_raw_fd(), number);
        Socket::from(fd).send(b"still open").unwrap();
        assert_eq!(right.recv_vec(16).unwrap(), b"still open");
    });
}
