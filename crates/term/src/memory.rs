//! What a terminal holds in memory, so that tests can see that hostile output does not make it grow.

use crate::grid::Grid;
use crate::signal::Signal;
use crate::terminal::Terminal;

/// Bytes that a vector holds.
fn held<T>(list: &Vec<T>) -> usize {
    list.capacity() * size_of::<T>()
}

fn grid(grid: &Grid) -> usize {
    let cells: usize = grid.rows.iter().map(|row| held(&row.cells)).sum();
    cells + held(&grid.rows) + held(&grid.kitty) + 4 * usize::from(grid.height())
}

/// Bytes beside the signal itself.
pub(crate) fn signal(signal: &Signal) -> usize {
    match signal {
        Signal::Bell | Signal::Progress(..) | Signal::Prompt(..) => 0,
        Signal::Title(s)
        | Signal::ClipboardQuery(s, _)
        | Signal::WindowName(s)
        | Signal::WorkingDirectory(s)
        | Signal::Status(s) => s.len(),
        Signal::Clipboard(s, b) => s.len() + b.len(),
        Signal::Notify { title, body } => title.len() + body.len(),
        Signal::Passthrough(b) => b.len(),
    }
}

impl Terminal {
    /// Bytes of memory that the terminal holds, without the blocks of its history ([`Terminal::history_bytes`]).
    pub fn memory(&self) -> usize {
        let texts = [&self.title, &self.notice.0, &self.notice.1, &self.notice.2];
        let titles = self.titles.iter().chain(texts);
        let signals = self.signals.iter().map(signal);
        size_of::<Terminal>()
            + grid(&self.grid)
            + grid(&self.other)
            + self.history.memory()
            + self.styles.memory()
            + self.clusters.memory()
            + self.links.memory()
            + titles.map(String::capacity).sum::<usize>()
            + held(&self.titles)
            + held(&self.pens)
            + held(&self.saved_modes)
            + held(&self.tabs.bits)
            + held(&self.palette.indexed)
            + held(&self.palette.outer.palette)
            + held(&self.parser.text)
            + held(&self.replies)
            + held(&self.signals)
            + signals.sum::<usize>()
    }
}
