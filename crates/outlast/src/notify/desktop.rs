//! The desktop: org.freedesktop.Notifications of the session's bus (Desktop Notifications Specification 1.2).

use outlast_core::notices::Task;
use outlast_sys::dbus::{Body, Bus};

use super::Failed;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Where the session's bus listens.
fn address() -> Option<String> {
    if let Ok(address) = std::env::var("DBUS_SESSION_BUS_ADDRESS")
        && !address.is_empty()
    {
        return Some(address);
    }
    let runtime = std::env::var("XDG_RUNTIME_DIR").ok();
    let runtime = runtime.unwrap_or_else(|| format!("/run/user/{}", outlast_sys::user::own_uid()));
    let socket = std::path::Path::new(&runtime).join("bus");
    socket
        .exists()
        .then(|| format!("unix:path={}", socket.display()))
}

/// Shows it, or takes it back; its number there.
pub(super) fn show(task: &Task) -> Result<String, Failed> {
    let none = || Failed::for_good("there is no desktop session here");
    let mut bus = Bus::connect(&address().ok_or_else(none)?).map_err(|_| none())?;
    let mut body = Body::default();
    let member = match task.settled {
        true => {
            body.u32(task.desktop);
            "CloseNotification"
        }
        false => {
            let news = &task.news;
            let mut text = escaped(&news.text);
            if task.left_out > 0 {
                text.push_str(&format!(" (and {} more)", task.left_out));
            }
            body.string("outlast");
            body.u32(task.desktop);
            body.string("utilities-terminal");
            body.string(&news.title);
            body.string(text.trim_start());
            // No actions: an answer needs more than a click that any program of the session can make.
            body.no_strings();
            let urgent = matches!(news.state.as_str(), "waiting" | "failed");
            body.bytes_by_name(&[("urgency", if urgent { 2 } else { 1 })]);
            body.i32(-1);
            "Notify"
        }
    };
    let answer = bus
        .call(NAME, PATH, NAME, member, &body)
        .map_err(|error| Failed::now(crate::socket::reason(&error)))?;
    match (answer.is_error(), task.settled) {
        // It has been closed already.
        (_, true) => Ok(String::new()),
        (true, _) => Err(Failed::for_good(answer.text())),
        (false, _) => Ok(answer.number().map_or(String::new(), |n| n.to_string())),
    }
}

/// The text may be read as markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_no_markup() {
        assert_eq!(super::escaped("<b>&"), "&lt;b&gt;&amp;");
    }
}
