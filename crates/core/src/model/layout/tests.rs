use super::*;

fn check_print(root: &Cell, expected: &str) {
    assert_eq!(outlast_lang::layout::print(root), expected);
}

fn split_half(root: &mut Cell, pane: u32, new: u32, direction: Direction) {
    let how = Split {
        direction,
        size: None,
        before: false,
        full: false,
    };
    split(root, pane, new, how, Edge::Off).expect("there is space");
}

#[test]
fn splits_as_tmux() {
    let mut root = leaf(80, 23, 0);
    split_half(&mut root, 0, 2, Direction::LeftRight);
    check_print(&root, "f101,80x23,0,0{40x23,0,0,0,39x23,41,0,2}");
    split_half(&mut root, 2, 3, Direction::TopBottom);
    check_print(
        &root,
        "c37b,80x23,0,0{40x23,0,0,0,39x23,41,0[39x11,41,0,2,39x11,41,12,3]}",
    );
}
