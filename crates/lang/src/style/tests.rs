//! Words of styles.

use super::*;

/// Words on top of nothing, printed.
fn check(text: &str, expected: &str) {
    let base = Style {
        fg: Colour::Indexed(3),
        ..Style::default()
    };
    let printed = match parse(text, &StyleSpec::default(), &base) {
        Ok(spec) => name(&spec),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(printed, expected, "{text}");
}

fn refused(text: &str) {
    check(text, &format!("error: invalid style: {text}"));
}

#[test]
fn words() {
    check("", "default");
    check(" , ", "default");
    check("fg=red", "fg=red");
    check("fg=default", "fg=yellow");
    check(
        "fg=red,bg=blue us=#010203\nbold",
        "fg=red,bg=blue,us=#010203,bright",
    );
    check("BOLD,Fg=Red", "fg=red,bright");
    check("bold|dim|italics", "bright,dim,italics");
    check("bold,nobold", "default");
    check("bold,dim,nobold|dim", "default");
    check("underscore,curly-underscore", "curly-underscore");
    check("curly-underscore,nounderscore", "curly-underscore");
    check("curly-underscore,nocurly-underscore", "default");
    check("bold,underscore,none", "default");
    check("fg=red,default", "fg=yellow");
    check("acs", "default");
    check("noattr,bg=yellow,fg=black", "fg=black,bg=yellow,noattr");
    check(
        "dim,underscore,blink,reverse,hidden,strikethrough,overline",
        "dim,underscore,blink,reverse,hidden,strikethrough,overline",
    );
}

#[test]
fn drawing_instructions() {
    check("align=right", "align=right");
    check("align=absolute-centre,noalign", "default");
    check("list=on", "list=on");
    check("list=focus,nolist", "default");
    check("list=left-marker", "list=left-marker");
    check("range=left", "range=left");
    check("range=window|3", "range=window|3");
    check("range=pane|%4", "range=pane|%4");
    check("range=session|$5", "range=session|$5");
    check("range=user|hello", "range=user|hello");
    check(
        "range=user|0123456789abcdefgh",
        "range=user|0123456789abcde",
    );
    check("range=control|9,norange", "default");
    check("range=other", "default");
    check("push-default", "push-default");
    check("set-default,pop-default", "pop-default");
    check("fill=blue", "fill=blue");
    check("width=1,pad=0", "width=1,pad=0");
    check("width=50%", "width=50%");
    check("ignore", "default");
}

#[test]
fn wrong_words_change_nothing() {
    for text in [
        "x",
        "fg=",
        "fg=x",
        "xg=red",
        "no",
        "nox",
        "align=middle",
        "list=x",
        "range=left|1",
        "range=window",
        "range=window|",
        "range=window|x",
        "range=pane|1",
        "range=session|1",
        "range=control|10",
        "width=101%",
        "width=x",
        "pad=-1",
        "|bold",
        "bold|",
        "=",
        "fill=x",
    ] {
        refused(text);
    }
    refused(&"x".repeat(300));
}

#[test]
fn words_add_to_what_is_there() {
    let bold = parse(
        "bold,fg=red,align=left",
        &StyleSpec::default(),
        &Style::default(),
    )
    .expect("parses");
    let more = parse("bg=blue,nobold", &bold, &Style::default()).expect("parses");
    assert_eq!(name(&more), "align=left,fg=red,bg=blue");
}

#[test]
fn printed_styles_are_read_back() {
    crate::tests::random_texts(3000, "0123456789", |text| {
        let pieces = [
            "fg=red",
            "bg=colour200",
            "us=#123456",
            "bold",
            "nobold",
            "curly-underscore",
            "dim",
            "align=centre",
            "range=user|x",
            "list=on",
            "fill=green",
            "push-default",
            "width=7",
            "pad=2",
            "noattr",
            "reverse",
        ];
        let words: Vec<&str> = text
            .bytes()
            .map(|byte| pieces[usize::from(byte) % pieces.len()])
            .collect();
        let spec =
            parse(&words.join(","), &StyleSpec::default(), &Style::default()).expect("parses");
        assert_eq!(
            parse(&name(&spec), &StyleSpec::default(), &Style::default()),
            Ok(spec)
        );
    });
}

#[test]
fn any_text_is_a_style_or_not() {
    crate::tests::random_texts(5000, "fg=bold,range|user%$ no0123width", |text| {
        let _ = parse(text, &StyleSpec::default(), &Style::default());
    });
}
