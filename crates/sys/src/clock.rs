//! Times, local time, random bytes.

use std::io;

use rustix::time::ClockId;

/// Milliseconds since boot, suspend included (CLOCK_BOOTTIME): the same for every process.
pub fn boottime_ms() -> u64 {
    let now = rustix::time::clock_gettime(ClockId::Boottime);
    now.tv_sec.unsigned_abs() * 1000 + now.tv_nsec.unsigned_abs() / 1_000_000
}

/// Milliseconds of a clock that stands while the machine is suspended (CLOCK_MONOTONIC): for how long something may
/// take that a running machine does.
pub fn awake_ms() -> u64 {
    let now = rustix::time::clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1000 + now.tv_nsec.unsigned_abs() / 1_000_000
}

/// Nanoseconds since boot, suspend included.
pub fn boottime_ns() -> u64 {
    let now = rustix::time::clock_gettime(ClockId::Boottime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Seconds since 1970.
pub fn unix_seconds() -> i64 {
    rustix::time::clock_gettime(ClockId::Realtime).tv_sec
}

/// What local clocks show at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LocalTime {
    /// Seconds, 0 to 60.
    pub second: u8,
    /// Minutes.
    pub minute: u8,
    /// Hours.
    pub hour: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Month, from 1.
    pub month: u8,
    /// Year.
    pub year: i32,
    /// Day of the week, 0 is Sunday.
    pub weekday: u8,
    /// Day of the year, from 0.
    pub year_day: u16,
    /// Seconds east of UTC.
    pub offset_seconds: i32,
    /// Name of the zone ("CET").
    pub zone: String,
}

/// Local time of a moment in seconds since 1970, by TZ or /etc/localtime as they were when first asked.
pub fn local_time(unix: i64) -> LocalTime {
    let mut broken = std::mem::MaybeUninit::<libc::tm>::uninit();
    // SAFETY: localtime_r fills the structure that it is given, or returns null (a year that does not fit); the
    // zone's name is a string of the C library's that is never freed.
    unsafe {
        if libc::localtime_r(&unix, broken.as_mut_ptr()).is_null() {
            return LocalTime::default();
        }
        let tm = broken.assume_init();
        let zone = if tm.tm_zone.is_null() {
            String::new()
        } else {
            std::ffi::CStr::from_ptr(tm.tm_zone)
                .to_string_lossy()
                .into_owned()
        };
        LocalTime {
            second: tm.tm_sec as u8,
            minute: tm.tm_min as u8,
            hour: tm.tm_hour as u8,
            day: tm.tm_mday as u8,
            month: tm.tm_mon as u8 + 1,
            year: tm.tm_year + 1900,
            weekday: tm.tm_wday as u8,
            year_day: tm.tm_yday as u16,
            offset_seconds: tm.tm_gmtoff as i32,
            zone,
        }
    }
}

/// Fills the buffer with random bytes fit for keys.
///
/// # Errors
/// The kernel has none (never after boot).
pub fn random(mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let filled = rustix::rand::getrandom(&mut *buffer, rustix::rand::GetRandomFlags::empty())?;
        buffer = &mut buffer[filled..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn local_time_is_a_time() {
        let time = super::local_time(
            1_000_000_000 - i64::from(super::local_time(1_000_000_000).offset_seconds),
        );
        assert_eq!(
            (
                time.year,
                time.month,
                time.day,
                time.hour,
                time.minute,
                time.second
            ),
            (2001, 9, 9, 1, 46, 40)
        );
        assert_eq!((time.weekday, time.year_day), (0, 251));
    }

    #[test]
    fn random_bytes_differ() {
        let (mut one, mut other) = ([0; 16], [0; 16]);
        super::random(&mut one).unwrap();
        super::random(&mut other).unwrap();
        assert_ne!(one, other);
    }
}
