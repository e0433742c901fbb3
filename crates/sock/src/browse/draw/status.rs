//! The last two lines: what is shown, and what is typed, said or can be done.

use super::Scene;
use super::pen::{BOLD, DIM, MARKED, PLACE, PLAIN, Pen};
use crate::browse::prompt::{Asked, Prompt};
use crate::browse::state::View;

const HINTS: &str = "Tab next pane  / filter  f follow  s search  ? help  q quit";

/// Draws them. Gives where the cursor of the line that is typed stands.
pub(super) fn draw(pen: &mut Pen<'_>, scene: &Scene<'_>) -> Option<(u16, u16)> {
    pen.line(0, MARKED);
    pen.text(1, 0, usize::MAX, &status(scene), MARKED);
    let state = &*scene.state;
    if let Some(prompt) = &state.prompt {
        if let Some(fault) = &state.fault {
            pen.line(0, BOLD.patch(MARKED));
            let blank = " ".repeat(pen.width());
            pen.text(0, 0, usize::MAX, &blank, MARKED);
            pen.text(1, 0, usize::MAX, &format!("! {}", fault.message), BOLD.patch(MARKED));
        }
        return Some(typed(pen, prompt, state.fault.as_ref().map(|fault| &fault.span)));
    }
    match (&state.message, &scene.facts.remark) {
        _ if scene.is_searching => pen.text(1, 1, usize::MAX, "searching; any key cancels", BOLD),
        (Some(message), _) => pen.text(1, 1, usize::MAX, message, BOLD),
        (None, Some(remark)) => pen.text(1, 1, usize::MAX, remark, BOLD),
        (None, None) => pen.text(1, 1, usize::MAX, if state.view == View::Packets { HINTS } else { "" }, DIM),
    };
    None
}

fn status(scene: &Scene<'_>) -> String {
    let facts = scene.facts;
    let mut text = format!("{}  {} of {} packets", scene.title, scene.list.len(), facts.total);
    let mut also = |part: String| {
        text.push_str(", ");
        text.push_str(&part);
    };
    if let Some(dropped) = facts.dropped {
        also(format!("{dropped} dropped"));
    }
    if facts.gone > 0 {
        also(format!("the {} oldest removed", facts.gone));
    }
    match facts.read {
        Some((read, all)) if !facts.is_complete => also(format!("{}% read", percent(read, all))),
        _ => (),
    }
    if let Some(looked) = scene.filtered.filter(|looked| *looked < facts.total) {
        also(format!("{}% filtered", percent(looked, facts.total)));
    }
    if !scene.state.filter.is_empty() {
        also(format!("filter: {}", scene.state.filter));
    }
    text
}

fn percent(part: u64, all: u64) -> u64 {
    (part.saturating_mul(100)).checked_div(all).unwrap_or(100).min(100)
}

/// The line that is typed, with what is wrong in it marked. What does not fit is left out at its start.
fn typed(pen: &mut Pen<'_>, prompt: &Prompt, fault: Option<&std::ops::Range<usize>>) -> (u16, u16) {
    let sign = match prompt.asked {
        Asked::Filter => "/",
        Asked::Find => "search: ",
    };
    let mut x = pen.text(0, 1, usize::MAX, sign, BOLD);
    let room = pen.width().saturating_sub(x + 1);
    let before = prompt.text[..prompt.cursor].chars().count();
    let skipped = (before + 1).saturating_sub(room);
    let mut cursor = x;
    for (at, letter) in prompt.text.char_indices().skip(skipped) {
        if at == prompt.cursor {
            cursor = x;
        }
        let is_wrong = fault.is_some_and(|span| span.contains(&at));
        let style = if is_wrong { PLACE } else { PLAIN };
        x = pen.text(x, 1, usize::MAX, letter.encode_utf8(&mut [0; 4]), style);
    }
    if prompt.cursor == prompt.text.len() {
        cursor = x;
    }
    let column = u16::try_from(cursor).unwrap_or(u16::MAX);
    (pen.area.x.saturating_add(column), pen.area.y + 1)
}
