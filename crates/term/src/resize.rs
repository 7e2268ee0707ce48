//! A new size.

use crate::terminal::Terminal;
use crate::Size;

impl Terminal {
    /// Changes the size; `anchors` (absolute row, column) are moved with the text that they stand on.
    pub(crate) fn resize(&mut self, size: Size, _anchors: &mut [(u64, u16)]) {
        let size = Size::new(size.cols, size.rows);
        self.size = size;
        self.grid.set_height(size.rows, self.now);
        self.x = self.x.min(size.cols - 1);
        self.y = self.y.min(size.rows - 1);
        self.reset_margins();
        self.tabs.resize(size.cols);
    }
}
