//! Format variables: what `#{…}` finds in the model.

use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::{Core, MouseEvent};

/// What a format is about. Each part may be missing; [`FormatContext::fill`] adds what follows from the others.
#[derive(Clone, Debug, Default)]
pub struct FormatContext {
    /// Client.
    pub client: Option<ClientId>,
    /// Session.
    pub session: Option<SessionId>,
    /// Index of the window's link in the session.
    pub link: Option<u32>,
    /// Window.
    pub window: Option<WindowId>,
    /// Pane.
    pub pane: Option<PaneId>,
    /// Paste buffer.
    pub buffer: Option<String>,
    /// Mouse event.
    pub mouse: Option<MouseEvent>,
    /// Further variables; they come before all others.
    pub extra: Vec<(String, String)>,
    /// `#(…)` starts no job and gives nothing.
    pub no_jobs: bool,
}

/// Expands a format. strftime conversions are expanded when `time`.
pub fn expand(core: &Core, template: &str, context: &FormatContext, time: bool) -> String {
    let _ = (core, context, time);
    template.to_string()
}
