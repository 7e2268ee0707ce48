//! A terminal's line discipline: echo, lines, the keys that end a line or a program (termios(3)).

/// What typed bytes come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The program may read this.
    Bytes(Vec<u8>),
    /// End of input.
    End,
    /// The interrupt key.
    Interrupt,
}

/// The line discipline of one terminal.
#[derive(Clone, Debug)]
pub struct Tty {
    /// Lines are put together and may be edited; special keys mean something.
    pub cooked: bool,
    /// What is typed is shown.
    pub echo: bool,
    /// Newlines go out with a carriage return.
    pub post: bool,
    line: Vec<u8>,
}

impl Default for Tty {
    fn default() -> Tty {
        Tty {
            cooked: true,
            echo: true,
            post: true,
            line: Vec::new(),
        }
    }
}

impl Tty {
    /// Takes typed bytes; what is echoed goes to `out`.
    pub fn typed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Vec<Typed> {
        let mut typed = Vec::new();
        for byte in bytes {
            self.one(*byte, out, &mut typed);
        }
        typed
    }

    fn one(&mut self, byte: u8, out: &mut Vec<u8>, typed: &mut Vec<Typed>) {
        if !self.cooked {
            self.show(&[byte], out);
            typed.push(Typed::Bytes(vec![byte]));
            return;
        }
        match byte {
            3 => {
                self.show(b"^C", out);
                self.line.clear();
                typed.push(Typed::Interrupt);
            }
            4 if self.line.is_empty() => typed.push(Typed::End),
            4 => typed.push(Typed::Bytes(std::mem::take(&mut self.line))),
            0x7f => self.rub_out(1, out),
            0x15 => self.rub_out(self.line.len(), out),
            b'\r' | b'\n' => {
                self.write(b"\n", out);
                self.line.push(b'\n');
                typed.push(Typed::Bytes(std::mem::take(&mut self.line)));
            }
            b'\t' | 0x20..=0xff => {
                self.line.push(byte);
                self.show(&[byte], out);
            }
            control => {
                self.line.push(control);
                self.show(&[b'^', control + 0x40], out);
            }
        }
    }

    fn show(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.echo {
            out.extend_from_slice(bytes);
        }
    }

    fn rub_out(&mut self, count: usize, out: &mut Vec<u8>) {
        for _ in 0..count {
            // A character is gone with its last byte that begins one.
            while let Some(byte) = self.line.pop() {
                if byte & 0xc0 != 0x80 {
                    let columns = if byte < 0x20 { 2 } else { 1 };
                    self.show(&b"\x08 \x08".repeat(columns), out);
                    break;
                }
            }
        }
    }

    /// What a program writes.
    pub fn write(&self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            if *byte == b'\n' && self.post {
                out.push(b'\r');
            }
            out.push(*byte);
        }
    }
}

#[test]
fn lines_are_edited_and_echoed() {
    let mut tty = Tty::default();
    let mut out = Vec::new();
    let typed = tty.typed(b"ab\x7fc\x01\r", &mut out);
    assert_eq!(typed, [Typed::Bytes(b"ac\x01\n".to_vec())]);
    assert_eq!(out, b"ab\x08 \x08c^A\r\n");
    assert_eq!(tty.typed(b"\x04", &mut out), [Typed::End]);
}
