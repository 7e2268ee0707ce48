//! strftime(3) in English, and tmux's short times.

use super::Time;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Longest width of a conversion (`%40Y`).
const MAX_WIDTH: usize = 100;

/// A time as people read it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Civil {
    year: i64,
    /// From 0.
    month: usize,
    /// From 1.
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// From Sunday, 0.
    weekday: i64,
    /// From 0.
    yearday: i64,
}

fn civil(time: &Time) -> Civil {
    // Beyond these there is no year that a user means; the arithmetic stays far from its limits.
    let local = time.unix.clamp(-(1 << 50), 1 << 50) + i64::from(time.offset);
    let days = local.div_euclid(86_400);
    let second = local.rem_euclid(86_400);
    // Years are counted from March, so that the leap day is the last; an era is 400 years.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let from_march = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * from_march + 2) / 153;
    let day = from_march - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize];
    let leap_day = i64::from(month > 1 && is_leap(year));
    Civil {
        year,
        month: month as usize,
        day,
        hour: second / 3600,
        minute: second / 60 % 60,
        second: second % 60,
        weekday: (days + 4).rem_euclid(7),
        yearday: before + day - 1 + leap_day,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

impl Civil {
    /// Week that counts from the first `first` (0 for Sunday, 1 for Monday).
    fn week(&self, first: i64) -> i64 {
        (self.yearday + 7 - (self.weekday - first).rem_euclid(7)) / 7
    }

    /// Year and week of ISO 8601.
    fn iso(&self) -> (i64, i64) {
        let weekday = (self.weekday + 6) % 7;
        let week = (self.yearday - weekday + 10) / 7;
        let weeks = |year: i64| {
            let january_first = |year: i64| {
                (year + (year - 1).div_euclid(4) - (year - 1).div_euclid(100)
                    + (year - 1).div_euclid(400))
                .rem_euclid(7)
            };
            // A year has 53 weeks if it begins on a Thursday, or ends on one.
            let long = january_first(year) == 4 || january_first(year + 1) == 5;
            if long { 53 } else { 52 }
        };
        if week < 1 {
            (self.year - 1, weeks(self.year - 1))
        } else if week > weeks(self.year) {
            (self.year + 1, 1)
        } else {
            (self.year, week)
        }
    }
}

/// Flags of a conversion: what fills it, upper case, width.
#[derive(Clone, Copy, Default)]
struct Form {
    fill: Option<char>,
    upper: bool,
    swap: bool,
    width: usize,
}

/// Expands the conversions of `format`. What is no conversion stays as it is.
pub fn strftime(format: &str, time: &Time) -> String {
    let civil = civil(time);
    let mut out = String::with_capacity(format.len() + 16);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let conversion = &rest[at..];
        let mut form = Form::default();
        let mut used = 1;
        let mut letter = None;
        for c in conversion[1..].chars() {
            used += c.len_utf8();
            match c {
                '_' => form.fill = Some(' '),
                '-' => form.fill = Some('\0'),
                '0' if form.width == 0 => form.fill = Some('0'),
                '^' => form.upper = true,
                '#' => form.swap = true,
                '0'..='9' => {
                    form.width = (form.width * 10 + (c as usize - '0' as usize)).min(MAX_WIDTH)
                }
                'E' | 'O' => {}
                _ => {
                    letter = Some(c);
                    break;
                }
            }
        }
        match letter.and_then(|letter| convert(letter, form, &civil, time)) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&conversion[..used]),
        }
        rest = &conversion[used..];
    }
    out.push_str(rest);
    out
}

fn convert(letter: char, form: Form, civil: &Civil, time: &Time) -> Option<String> {
    let number = |value: i64, digits: usize, usual: char| {
        let fill = form.fill.unwrap_or(usual);
        let digits = if fill == '\0' { 0 } else { digits };
        let text = value.unsigned_abs().to_string();
        let sign = if value < 0 { "-" } else { "" };
        let blank = digits
            .max(form.width)
            .saturating_sub(text.len() + sign.len());
        match fill {
            '0' => Some(format!("{sign}{}{text}", "0".repeat(blank))),
            _ => Some(format!("{}{sign}{text}", " ".repeat(blank))),
        }
    };
    let text = |text: &str| {
        let upper =
            (form.upper && letter != 'P') || (form.swap && !matches!(letter, 'p' | 'P' | 'Z'));
        let text = match (upper, form.swap) {
            (true, _) => text.to_uppercase(),
            (false, true) => text.to_lowercase(),
            (false, false) => text.to_string(),
        };
        let fill = if form.fill == Some('0') { "0" } else { " " };
        let blank = fill.repeat(form.width.saturating_sub(text.chars().count()));
        Some(blank + &text)
    };
    let nested = |format: &str| text(&strftime(format, time));
    let twelve = (civil.hour + 11) % 12 + 1;
    let weekday = DAYS[civil.weekday as usize];
    let month = MONTHS[civil.month];
    match letter {
        'a' => text(&weekday[..3]),
        'A' => text(weekday),
        'b' | 'h' => text(&month[..3]),
        'B' => text(month),
        'c' => nested("%a %b %e %H:%M:%S %Y"),
        'C' => number(civil.year.div_euclid(100), 2, '0'),
        'd' => number(civil.day, 2, '0'),
        'D' | 'x' => nested("%m/%d/%y"),
        'e' => number(civil.day, 2, ' '),
        'F' => nested("%Y-%m-%d"),
        'g' => number(civil.iso().0.rem_euclid(100), 2, '0'),
        'G' => number(civil.iso().0, 1, '0'),
        'H' => number(civil.hour, 2, '0'),
        'I' => number(twelve, 2, '0'),
        'j' => number(civil.yearday + 1, 3, '0'),
        'k' => number(civil.hour, 2, ' '),
        'l' => number(twelve, 2, ' '),
        'm' => number(civil.month as i64 + 1, 2, '0'),
        'M' => number(civil.minute, 2, '0'),
        'n' => text("\n"),
        'p' => text(if civil.hour < 12 { "AM" } else { "PM" }),
        'P' => text(if civil.hour < 12 { "am" } else { "pm" }),
        'r' => nested("%I:%M:%S %p"),
        'R' => nested("%H:%M"),
        's' => number(time.unix, 1, ' '),
        'S' => number(civil.second, 2, '0'),
        't' => text("\t"),
        'T' | 'X' => nested("%H:%M:%S"),
        'u' => number((civil.weekday + 6) % 7 + 1, 1, '0'),
        'U' => number(civil.week(0), 2, '0'),
        'V' => number(civil.iso().1, 2, '0'),
        'w' => number(civil.weekday, 1, '0'),
        'W' => number(civil.week(1), 2, '0'),
        'y' => number(civil.year.rem_euclid(100), 2, '0'),
        'Y' => number(civil.year, 1, '0'),
        'z' => {
            let minutes = time.offset.unsigned_abs() / 60;
            let sign = if time.offset < 0 { '-' } else { '+' };
            text(&format!("{sign}{:02}{:02}", minutes / 60, minutes % 60))
        }
        'Z' => text(&zone(time)),
        '%' => text("%"),
        _ => None,
    }
}

fn zone(time: &Time) -> String {
    let end = time
        .zone
        .iter()
        .take(7)
        .position(|byte| *byte == 0)
        .unwrap_or(7);
    String::from_utf8_lossy(&time.zone[..end]).into_owned()
}

/// A time as short as its age allows: `16:45`, `Wed03`, `03Nov`, `Nov25`; with seconds `16:45:01`.
pub fn pretty(time: &Time, now: &Time, seconds: bool) -> String {
    let age = now.unix.saturating_sub(time.unix);
    // What is to come is as good as now.
    let now = if age < 0 { time } else { now };
    let (today, day) = (civil(now), civil(time));
    let format = if age < 24 * 3600 {
        if seconds { "%H:%M:%S" } else { "%H:%M" }
    } else if (day.year, day.month) == (today.year, today.month) || age < 28 * 24 * 3600 {
        "%a%d"
    } else if (day.year == today.year && day.month < today.month)
        || (day.year == today.year - 1 && day.month > today.month)
    {
        "%d%b"
    } else {
        "%h%y"
    };
    strftime(format, time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 04:21:40 in Central European Time.
    const NOW: Time = Time {
        unix: 1_795_231_300,
        offset: 3600,
        zone: *b"CET\0\0\0\0\0",
    };

    fn check(format: &str, expected: &str) {
        assert_eq!(strftime(format, &NOW), expected, "{format}");
    }

    #[test]
    fn conversions() {
        for (format, expected) in [
            ("%H:%M %d-%b-%y", "04:21 21-Nov-26"),
            ("%a %A %b %B %h", "Sat Saturday Nov November Nov"),
            ("%c", "Sat Nov 21 04:21:40 2026"),
            ("%C %y %Y %G %g", "20 26 2026 2026 26"),
            ("%D|%x|%F", "11/21/26|11/21/26|2026-11-21"),
            ("%e|%k|%l|%I|%j", "21| 4| 4|04|325"),
            ("%p %P %r", "AM am 04:21:40 AM"),
            ("%R %T %X", "04:21 04:21:40 04:21:40"),
            ("%s", "1795231300"),
            ("%u %w %U %W %V", "6 6 46 46 47"),
            ("%z %Z", "+0100 CET"),
            ("%n%t%%", "\n\t%"),
            ("%-H %_H %-m %03d %^a %#Z %#p", "4  4 11 021 SAT cet am"),
            ("%10Y|%10a|%_5d", "0000002026|       Sat|   21"),
            ("%Ey %Od", "26 21"),
            ("100% %q %+ %", "100% %q %+ %"),
            ("é%Hé", "é04é"),
            ("", ""),
        ] {
            check(format, expected);
        }
    }

    fn at(year: i64, month: i64, day: i64) -> Time {
        // Days since 1970 by counting, to be independent of the code under test.
        let mut days = 0;
        for y in 1970..year {
            days += if is_leap(y) { 366 } else { 365 };
        }
        let lengths = [
            31,
            if is_leap(year) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        days += lengths[..month as usize - 1].iter().sum::<i64>() + day - 1;
        Time {
            unix: days * 86_400 + 12 * 3600,
            ..Time::default()
        }
    }

    #[test]
    fn dates() {
        for year in [1970, 1999, 2000, 2024, 2026, 2100] {
            for month in 1..=12 {
                for day in [1, 28] {
                    let expected = format!("{year:04}-{month:02}-{day:02}");
                    assert_eq!(strftime("%F", &at(year, month, day)), expected);
                }
            }
        }
        assert_eq!(strftime("%F %a %j", &at(2024, 2, 29)), "2024-02-29 Thu 060");
        assert_eq!(strftime("%j", &at(2024, 12, 31)), "366");
    }

    #[test]
    fn weeks_of_iso_8601() {
        for (year, month, day, expected) in [
            (2021, 1, 3, "2020-53"),
            (2021, 1, 4, "2021-01"),
            (2024, 12, 30, "2025-01"),
            (2026, 12, 31, "2026-53"),
            (2027, 1, 1, "2026-53"),
            (2000, 1, 1, "1999-52"),
        ] {
            assert_eq!(
                strftime("%G-%V", &at(year, month, day)),
                expected,
                "{year}-{month}-{day}"
            );
        }
    }

    #[test]
    fn times_before_1970_and_absurd_ones() {
        let time = Time {
            unix: -1,
            ..Time::default()
        };
        assert_eq!(strftime("%F %T %a", &time), "1969-12-31 23:59:59 Wed");
        for unix in [i64::MIN, i64::MAX] {
            strftime(
                "%c %G %V %U %s",
                &Time {
                    unix,
                    offset: i32::MAX,
                    zone: [255; 8],
                },
            );
        }
    }

    #[test]
    fn pretty_times() {
        let ago = |seconds: i64| {
            pretty(
                &Time {
                    unix: NOW.unix - seconds,
                    ..NOW
                },
                &NOW,
                false,
            )
        };
        assert_eq!(ago(60), "04:20");
        assert_eq!(pretty(&NOW, &NOW, true), "04:21:40");
        assert_eq!(ago(-60), "04:22");
        assert_eq!(ago(2 * 86_400), "Thu19");
        assert_eq!(ago(27 * 86_400), "Sun25");
        assert_eq!(ago(60 * 86_400), "22Sep");
        assert_eq!(ago(340 * 86_400), "16Dec");
        assert_eq!(ago(800 * 86_400), "Sep24");
    }

    #[test]
    fn any_text_is_a_format() {
        crate::tests::random_texts(
            5000,
            "%%%aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ0123456789-_^#EO",
            |text| {
                assert!(strftime(text, &NOW).len() < 20_000);
            },
        );
    }
}
