//! Ctrl-C. The first one is a wish that the verbs hear and answer in order; the second one ends the program at once,
//! which a run survives like any other end of the process.

use crate::exit::Exit;
use tokio::sync::watch;

/// Whether Ctrl-C was pressed.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> Interrupt {
        let (pressed, interrupt) = watch::channel(false);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if pressed.send_replace(true) {
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
            }
            // Where signals cannot be heard, nobody is told of one.
            std::future::pending::<()>().await;
        });
        Interrupt(interrupt)
    }

    /// Waits for the first Ctrl-C; at once when there was one. Cancel safe.
    pub(crate) async fn pressed(&mut self) {
        if self.0.wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
