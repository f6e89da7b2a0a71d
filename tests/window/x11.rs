//! The X11 protocol, as much of it as a window manager's close button and a mouse need: find a window by its title, see
//! whether it is there and what lies on it, ask it to close, click it. On the display in memory there is no window
//! manager, and no tool of set-up asks politely: they destroy.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

/// Predefined atom of a window's title.
const WM_NAME: u32 = 39;

/// A connection to a display.
pub(crate) struct Display {
    stream: UnixStream,
    root: u32,
    /// The first of the numbers for windows of this connection.
    id_base: u32,
}

impl Display {
    /// The display with this name: `:7`.
    pub(crate) fn open(name: &str) -> Self {
        let path = format!("/tmp/.X11-unix/X{}", name.trim_start_matches(':'));
        let mut stream = UnixStream::connect(path).unwrap();
        // Little endian, version 11.0, no authorisation.
        stream
            .write_all(&[b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            .unwrap();
        let mut head = [0; 8];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(head[0], 1, "the display lets nobody in");
        let mut rest = vec![0; usize::from(u16_at(&head, 6)) * 4];
        stream.read_exact(&mut rest).unwrap();
        let (vendor, formats) = (usize::from(u16_at(&rest, 16)), usize::from(rest[21]));
        let screens = 32 + vendor.next_multiple_of(4) + formats * 8;
        let root = u32_at(&rest, screens);
        let id_base = u32_at(&rest, 4);
        Self {
            stream,
            root,
            id_base,
        }
    }

    /// A window on the screen whose title is this.
    pub(crate) fn visible(&mut self, title: &str) -> Option<u32> {
        let windows = self.children();
        windows
            .into_iter()
            .find(|&window| self.is_visible(window) && self.title(window) == title)
    }

    /// Asks a window to close, as the button in its frame does (ICCCM 4.2.8.1).
    pub(crate) fn ask_to_close(&mut self, window: u32) {
        let (protocols, delete) = (self.atom("WM_PROTOCOLS"), self.atom("WM_DELETE_WINDOW"));
        let mut event = vec![33, 32, 0, 0];
        for word in [window, protocols, delete, 0, 0, 0, 0] {
            event.extend(word.to_le_bytes());
        }
        self.send(
            25,
            0,
            &[&window.to_le_bytes()[..], &[0; 4], &event].concat(),
        );
        // An answer to anything says that the display has taken it.
        self.atom("WM_PROTOCOLS");
    }

    /// Does nothing that can be seen lie above this window? The last child of the root is the topmost.
    pub(crate) fn is_in_front(&mut self, window: u32) -> bool {
        let windows = self.children();
        let top = windows.into_iter().rfind(|&one| self.is_visible(one));
        top == Some(window)
    }

    /// Lays a window of its own over the whole screen, as another program does; it goes with this connection.
    pub(crate) fn cover(&mut self) {
        let window = self.id_base;
        let (place, size) = (0_u32, 0x7fff_7fff_u32);
        // CreateWindow: no border, class and visual of the parent, background black.
        let words = [window, self.root, place, size, 0x1_0000, 0, 2, 0];
        self.send(1, 0, &words.map(u32::to_le_bytes).concat());
        self.send(8, 0, &window.to_le_bytes());
        assert!(self.is_visible(window), "the cover is not there");
    }

    /// A click with the mouse in the middle of a window (XTEST 2.2, XTestFakeInput): the display cannot tell it from a
    /// hand's.
    pub(crate) fn click(&mut self, window: u32) {
        let name = b"XTEST\0\0\0";
        let query = [&5_u16.to_le_bytes()[..], &[0, 0], name].concat();
        let reply = self.ask(98, 0, &query).unwrap();
        assert_eq!(reply[8], 1, "the display has no XTEST");
        let (xtest, root) = (reply[9], self.root);
        let place = self.ask(14, 0, &window.to_le_bytes()).unwrap();
        let middle = |at: usize| u16_at(&place, at) + u16_at(&place, at + 4) / 2;
        let (x, y) = (middle(12), middle(14));
        // MotionNotify, ButtonPress, ButtonRelease of the first button.
        for (kind, detail) in [(6, 0), (4, 1), (5, 1)] {
            let mut event = vec![kind, detail, 0, 0, 0, 0, 0, 0];
            event.extend(root.to_le_bytes());
            event.extend([0; 8]);
            event.extend(x.to_le_bytes());
            event.extend(y.to_le_bytes());
            event.extend([0; 8]);
            self.send(xtest, 2, &event);
        }
        self.atom("WM_PROTOCOLS");
    }

    fn children(&mut self) -> Vec<u32> {
        let root = self.root.to_le_bytes();
        let reply = self.ask(15, 0, &root).unwrap_or_default();
        reply
            .get(32..)
            .unwrap_or_default()
            .chunks_exact(4)
            .map(|four| u32_at(four, 0))
            .collect()
    }

    fn is_visible(&mut self, window: u32) -> bool {
        self.ask(3, 0, &window.to_le_bytes())
            .is_some_and(|reply| reply[26] == 2)
    }

    fn title(&mut self, window: u32) -> String {
        let words = [window, WM_NAME, 0, 0, 64].map(u32::to_le_bytes).concat();
        let reply = self.ask(20, 0, &words).unwrap_or_default();
        let long = reply.get(16..20).map_or(0, |four| u32_at(four, 0) as usize);
        String::from_utf8_lossy(reply.get(32..32 + long).unwrap_or_default()).into_owned()
    }

    fn atom(&mut self, name: &str) -> u32 {
        let long = u16::try_from(name.len()).unwrap().to_le_bytes();
        let mut body = [&long[..], &[0, 0], name.as_bytes()].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        u32_at(&self.ask(16, 0, &body).unwrap(), 8)
    }

    fn send(&mut self, opcode: u8, data: u8, body: &[u8]) {
        let long = u16::try_from(1 + body.len() / 4).unwrap().to_le_bytes();
        let request = [&[opcode, data, long[0], long[1]], body].concat();
        self.stream.write_all(&request).unwrap();
    }

    /// The reply, or nothing where the window is gone.
    fn ask(&mut self, opcode: u8, data: u8, body: &[u8]) -> Option<Vec<u8>> {
        self.send(opcode, data, body);
        loop {
            let mut head = vec![0; 32];
            self.stream.read_exact(&mut head).unwrap();
            match head[0] {
                0 => return None,
                1 => {
                    let mut more = vec![0; u32_at(&head, 4) as usize * 4];
                    self.stream.read_exact(&mut more).unwrap();
                    head.extend(more);
                    return Some(head);
                }
                // An event that nobody asked for.
                _ => {}
            }
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
