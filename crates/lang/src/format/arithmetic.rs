//! `#{e|+|f|3:a,b}`.

use super::modifier::Modifier;
use crate::args::number;

/// Most digits after the point.
const MAX_PRECISION: i64 = 100;

/// Digits after the point where C's printf gets a negative number of them.
const USUAL_PRECISION: usize = 6;

/// The result of `modifier`'s operator on two expanded texts. None if operator, precision or a number is wrong.
pub(super) fn calculate(modifier: &Modifier, left: &str, right: &str) -> Option<String> {
    let operator: fn(f64, f64) -> f64 = match modifier.args.first()?.as_str() {
        "+" => |a, b| a + b,
        "-" => |a, b| a - b,
        "*" => |a, b| a * b,
        "/" => |a, b| a / b,
        "%" | "m" => |a, b| a % b,
        "==" => |a, b| truth((a - b).abs() < 1e-9),
        "!=" => |a, b| truth((a - b).abs() > 1e-9),
        ">" => |a, b| truth(a > b),
        "<" => |a, b| truth(a < b),
        ">=" => |a, b| truth(a >= b),
        "<=" => |a, b| truth(a <= b),
        _ => return None,
    };
    let floating = modifier
        .args
        .get(1)
        .is_some_and(|flags| flags.contains('f'));
    let mut precision = if floating { 2 } else { 0 };
    if let Some(text) = modifier.args.get(2) {
        let value = number(text, -MAX_PRECISION..=MAX_PRECISION).ok()?;
        precision = usize::try_from(value).unwrap_or(USUAL_PRECISION);
    }
    let whole = |value: f64| if floating { value } else { truncate(value) };
    let result = whole(operator(whole(read(left)?), whole(read(right)?)));
    Some(print(result, precision))
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// To long long and back, as C does on the usual processors: what does not fit is the least number.
fn truncate(value: f64) -> f64 {
    if value.is_nan() || value < i64::MIN as f64 || value >= i64::MAX as f64 {
        return i64::MIN as f64;
    }
    value as i64 as f64
}

/// A number as strtod(3) reads it, nothing following; nothing at all is 0.
fn read(text: &str) -> Option<f64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    if text.is_empty() {
        return Some(0.0);
    }
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1.0, &text[1..]),
        [b'+', ..] => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if let Some(hexadecimal) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return u64::from_str_radix(hexadecimal, 16)
            .ok()
            .map(|value| sign * value as f64);
    }
    if digits.starts_with(['-', '+']) {
        return None;
    }
    digits.parse::<f64>().ok().map(|value| sign * value)
}

fn print(value: f64, precision: usize) -> String {
    if value.is_nan() {
        // The processor's own not-a-number, which C prints with its sign.
        return "-nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    format!("{value:.precision$}")
}
