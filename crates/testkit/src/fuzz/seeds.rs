//! Where mutation starts, and the words that it may put in.

/// Bytes until a resize, columns, rows.
pub(super) const SIZES: &[&[u8]] = &[
    b"\x20\x10\x05\x60\x28\x08\x11\x30\x03",
    b"\xff\x13\x05\xff\x27\x05\xff\x13\x0a\xff\x3a\x02\xff\x02\x02",
];

/// Where in a file and what stands there then: the head and first fields of a checkpoint, the first records of a block.
pub(super) const EDITS: &[&[u8]] = &[
    b"\x00\x04\x02\x00\x14\xff\x00\x16\x03\x01\x00\x80",
    b"\x04\x10\xff\x04\x11\x7f\x04\x20\x00\x04\x40\x80\x00\x12\x33",
    b"\x02\x80\x01\x02\x90\xff\x03\x00\xff\x03\x40\x55\x08\x00\x09",
];

/// Reports of a terminal: sections as they are, and logs.
pub(super) const REPORTS: &[&[u8]] = &[
    b"outlast-report 1\nabout 2\n{}\nlog 3\nabc\nhistory/0 2\nxy\nend 0\n",
    b"\x00\x05\x00\x00\x00hello\x02\x04\x00\x00\x00\x14\x00\x05\x00\x01\x02\x00\x00\x00ab\x03\x00\x00\x00\x00",
    b"\x06\x04\x00\x00\x00\x07\x00\x00\x00\x04\x00\x00\x00\x00\x05\x00\x00\x00\x00\x07\x01\x00\x00\x00\x00",
];

/// What programs write: columns, rows, text.
pub(super) const OUTPUT: &[&[u8]] = &[
    b"(\x10hello world\r\nsecond line\x1b[31;1mred\x1b[m\x1b[2J\x1b[H",
    b"\x14\x08\x1b[?1049h\x1b[2;5r\x1b[3;3H\x1bM\x1bD\x1b[2L\x1b[1M\x1b[4@\x1b[2P\x1b[3X\x1b[K\x1b[?1049l",
    "\x1e\x0a日本語 e\u{301} 👩\u{200d}👩\u{200d}👧 🇩🇪\x1b#8\x1b(0lqk\x1b(B\x0e\x0f".as_bytes(),
    b"\x10\x05\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b]52;c;aGk=\x07\x1bP$qm\x1b\\\x1b[c\x1b[6n",
    b"\x0c\x06aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\tb\x1b[?69h\x1b[3;9s\x1b[5S\x1b[?7l\x1b[999;999Hx\x1b[3b",
];

/// Words of what programs write.
pub(super) const SEQUENCES: &[&[u8]] = &[
    b"\x1b[",
    b"\x1b]",
    b"\x1bP",
    b"\x1b\\",
    b";",
    b":",
    b"?",
    b"38;2;1;2;3m",
    b"38:5:9m",
    b"H",
    b"J",
    b"K",
    b"r",
    b"L",
    b"M",
    b"@",
    b"P",
    b"X",
    b"S",
    b"T",
    b"b",
    b"h",
    b"l",
    b"?1049h",
    b"?1049l",
    b"?69h",
    b"?2026h",
    b"?6h",
    b"4h",
    b"\x1b7",
    b"\x1b8",
    b"\x1bc",
    b"\r\n",
    b"\t",
    b"\x08",
    b"\x9b",
    b"\xff",
    "日".as_bytes(),
    "\u{301}".as_bytes(),
    b"99999",
    b"0",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[<0;1;1M",
    b"\x1bO",
    b"\x1b\x1b[",
    b"27;5;9~",
    b"u",
    b"\x1b]8;;u\x07",
    b"\x1b]52;c;",
];

/// What keyboards send.
pub(super) const INPUT: &[&[u8]] = &[
    b"abc\x02c\x1b[A\x1bOP\x1b[1;5C\x1b[15~\x1bx\x1b",
    b"\x1b[200~pasted\x1b[201~\x1b[<0;10;20M\x1b[<35;1;1m\x1b[M !!\x1b[I\x1b[O",
    b"\x1b[97;5u\x1b[27;5;9~\x1b[?62;1c\x1bP>|xterm\x1b\\\x1b]11;rgb:0/0/0\x07\xc3\xa9",
];

/// Configuration files.
pub(super) const COMMANDS: &[&[u8]] = &[
    b"set -g status-left \"#[fg=red] $HOME ~/x\" ; bind x { ls ; new -s a }\n# comment\n",
    b"%if #{x}\nA=b\n%elif 1\nset -g @a 'b c' \\\n d\n%else\n%hidden X=y\n%endif\nbind \\; ls\n",
    b"new -s a \\; split-window -h 'top'; display -p \"a\\u00e9\\101\\n\"\n",
];

/// Words of configuration files.
pub(super) const SYNTAX: &[&[u8]] = &[
    b"%if ",
    b"%elif ",
    b"%else\n",
    b"%endif\n",
    b"%hidden ",
    b"{",
    b"}",
    b";",
    b"\\;",
    b"\\\n",
    b"'",
    b"\"",
    b"$A",
    b"${A}",
    b"~",
    b"~root",
    b"#{",
    b"#",
    b"\n",
    b"A=b ",
    b"\\u1234",
    b"\\101",
    b"ls",
    b"-t",
    b" ",
];

/// Formats.
pub(super) const FORMATS: &[&[u8]] = &[
    b"#{?#{==:#{a},b},yes #{S:#{session_name},x},no} #[fg=red,bg=#{c}] #S ##",
    b"#{=/5/...:pane_title} #{p-10:x} #{s/a(b)/\\1/i:ab} #{e|*|f|2:3.5,2} #{t/f/%H#:%M:start_time}",
    b"#{m/ri:^x,X} #{||:0,#{&&:1,2}} #{b:d:path} #{q/e:x} #{E:#{T:y}} #(date) #{l:#{x}} %H:%M #{N/w:name}#{C/r:a}",
];

/// Words of formats.
pub(super) const MODIFIERS: &[&[u8]] = &[
    b"#{",
    b"}",
    b"#[",
    b"]",
    b"#(",
    b")",
    b"?",
    b":",
    b",",
    b"==:",
    b"!=:",
    b"&&:",
    b"||:",
    b"m/ri:",
    b"e|/|f|9:",
    b"=/9/x:",
    b"p9:",
    b"s/a/b/:",
    b"t/f/%Y/:",
    b"S:",
    b"W:",
    b"P:",
    b"L:",
    b"E:",
    b"T:",
    b"q:",
    b"b:",
    b"d:",
    b"n:",
    b"w:",
    b"a:",
    b"c:",
    b"l:",
    b"R:",
    b"N/s:",
    b"##",
    b"#,",
    b"#}",
    b"%H",
    b"%%",
    b"99999999999",
    b"-1",
    b"fg=",
    b"colour",
    b"align=right",
    b"range=user|x",
    b"80x24,0,0",
    b"{",
    b"[",
    b"C-",
    b"M-",
    b"F1",
    b"{last}",
    b"@1",
    b"%1",
    b"$1",
    b"=",
    b"+",
    b"!",
];

/// Single words of the language.
pub(super) const WORDS: &[&[u8]] = &[
    b"c37b,80x23,0,0{40x23,0,0,0,39x23,41,0[39x11,41,0,2,39x11,41,12,3]}",
    b"fg=colour12,bg=#0102ff,bold,noitalics,align=centre,range=window|3,list=on fill=red",
    b"C-M-S-Up",
    b"MouseDown1Pane",
    b"=session:{start}.{top-left}",
    b"brightred",
];

/// Messages.
pub(super) const FRAMES: &[&[u8]] = &[
    b"\x0a\0\0\0\x02\x01\0\0\0\0\0\0\0\x01",
    b"\x05\0\0\0\x03abcd\x09\0\0\0\x04\x01\0\0\0\0\0\0\0",
    b"\x01\0\0\0\x07\0\0\0\x50\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"",
];

/// Files of the reboot.
pub(super) const DISK: &[&[u8]] = &[
    b"outlastS\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x1d\x08\x2d\x86\0\0\0\0{}\n",
    b"outlastT\x01\0\0\0\0\0\0\0\x05\0\0\0\x00\0\0\0\x02text",
    b"{\"a\":[1,null,{\"b\":\"\\u0000\"}]}",
];
