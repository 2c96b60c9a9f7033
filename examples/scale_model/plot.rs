//! The picture: four panels of lines on paper with logarithmic scales, as SVG that follows the reader's light or dark.

use std::fmt::Write;

use crate::designs::{Design, Outcome, SOFT_LIMIT};
use crate::study::{CURVES, Curve, LOADS, Study, TTLS_MS};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 330.0;
/// Around the paper of a panel: left, top, right, bottom.
const EDGES: [f64; 4] = [62.0, 44.0, 18.0, 70.0];

/// One scale of a panel.
struct Scale {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    marks: Vec<(f64, String)>,
    title: &'static str,
}

impl Scale {
    /// Where a value is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        if self.is_logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }
}

struct Line {
    name: String,
    /// The number of its colour.
    colour: usize,
    points: Vec<(f64, f64)>,
}

struct Panel {
    title: &'static str,
    across: Scale,
    up: Scale,
    lines: Vec<Line>,
    /// Something to compare with.
    level: Option<(f64, &'static str)>,
    /// What is chosen.
    band: Option<(f64, f64, &'static str)>,
}

/// The whole picture.
pub(crate) fn picture(study: &Study) -> String {
    let panels = [cost_by_load(study), object_by_load(study), cost_by_ttl(study), waits_by_ttl(study)];
    let (width, height) = (2.0 * WIDTH, 2.0 * HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"The scale model\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let (x, y) = (WIDTH * (index % 2) as f64, HEIGHT * (index / 2) as f64);
        svg += &format!("<g transform=\"translate({x} {y})\">\n{}</g>\n", panel.drawn());
    }
    svg + "</svg>\n"
}

const STYLE: &str = "\
.paper{fill:#fff}text{fill:#24292f}.faint{fill:#57606a}.grid{stroke:#d0d7de;stroke-width:1}.level{stroke:#57606a;stroke-dasharray:5 4}\
.band{fill:#0969da;opacity:.1}.line{fill:none;stroke-width:2.2}\
.s0{stroke:#0969da}.s1{stroke:#bc4c00}.s2{stroke:#8250df}.s3{stroke:#1a7f37}.f0{fill:#0969da}.f1{fill:#bc4c00}.f2{fill:#8250df}.f3{fill:#1a7f37}\
@media(prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#e6edf3}.faint{fill:#9198a1}.grid{stroke:#30363d}.level{stroke:#9198a1}\
.band{fill:#58a6ff;opacity:.16}.s0{stroke:#58a6ff}.s1{stroke:#f0883e}.s2{stroke:#bc8cff}.s3{stroke:#3fb950}\
.f0{fill:#58a6ff}.f1{fill:#f0883e}.f2{fill:#bc8cff}.f3{fill:#3fb950}}";

impl Panel {
    fn x(&self, value: f64) -> f64 {
        EDGES[0] + self.across.place(value) * (WIDTH - EDGES[0] - EDGES[2])
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - EDGES[3] - self.up.place(value) * (HEIGHT - EDGES[1] - EDGES[3])
    }

    fn drawn(&self) -> String {
        let (left, right, top, bottom) = (EDGES[0], WIDTH - EDGES[2], EDGES[1], HEIGHT - EDGES[3]);
        let mut svg =
            format!("<text x=\"{left}\" y=\"24\" font-size=\"14\" font-weight=\"600\">{}</text>\n", self.title);
        // Writing into a String cannot fail, here and below.
        if let Some((from, to, name)) = self.band {
            let (from, to) = (self.x(from), self.x(to));
            let _ = writeln!(
                svg,
                "<rect class=\"band\" x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{}\"/>",
                to - from,
                bottom - top
            );
            let _ = writeln!(
                svg,
                "<text class=\"faint\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
                f64::midpoint(from, to),
                top + 14.0
            );
        }
        for (value, name) in &self.across.marks {
            let x = self.x(*value);
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>");
            let _ = writeln!(
                svg,
                "<text class=\"faint\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
                bottom + 16.0
            );
        }
        for (value, name) in &self.up.marks {
            let y = self.y(*value);
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
            let _ = writeln!(
                svg,
                "<text class=\"faint\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                left - 6.0,
                y + 4.0
            );
        }
        let middle = f64::midpoint(left, right);
        let _ = writeln!(
            svg,
            "<text class=\"faint\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 34.0,
            self.across.title
        );
        if let Some((value, name)) = self.level {
            let y = self.y(value);
            let _ = writeln!(svg, "<line class=\"level\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
            let _ = writeln!(svg, "<text class=\"faint\" x=\"{}\" y=\"{:.1}\">{name}</text>", left + 6.0, y - 5.0);
        }
        let mut legend = 24.0;
        for line in &self.lines {
            let points: Vec<String> =
                line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", self.x(*x), self.y(*y))).collect();
            let _ = writeln!(svg, "<polyline class=\"line s{}\" points=\"{}\"/>", line.colour, points.join(" "));
            for (x, y) in &line.points {
                let _ = writeln!(
                    svg,
                    "<circle class=\"f{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                    line.colour,
                    self.x(*x),
                    self.y(*y)
                );
            }
            let x = legend;
            // A letter is about half as wide as it is high.
            legend += 26.0 + 6.4 * line.name.chars().count() as f64;
            let y = HEIGHT - 14.0;
            let _ = writeln!(
                svg,
                "<circle class=\"f{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"/>",
                line.colour,
                x + 5.0,
                y - 4.0
            );
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{y}\">{}</text>", x + 14.0, line.name);
        }
        svg
    }
}

fn marks(values: &[f64], text: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    values.iter().map(|value| (*value, text(*value))).collect()
}

fn short(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{} M", n / 1e6),
        n if n >= 1e3 => format!("{} k", n / 1e3),
        n => format!("{n}"),
    }
}

fn loads() -> Scale {
    Scale {
        low: LOADS[0],
        high: LOADS[4],
        is_logarithmic: true,
        marks: marks(&LOADS, short),
        title: "verifications a second, all sessions",
    }
}

fn ttls() -> Scale {
    let values: Vec<f64> = TTLS_MS.iter().filter(|ttl| **ttl != 3_500).map(|ttl| f64::from(*ttl)).collect();
    Scale {
        low: 250.0,
        high: 60_000.0,
        is_logarithmic: true,
        marks: marks(&values, |ms| format!("{}", ms / 1_000.0)),
        title: "lease, in seconds",
    }
}

fn by_design(study: &Study, designs: &[Design], value: impl Fn(&Outcome) -> f64) -> Vec<Line> {
    let line = |design: &Design| Line {
        name: design.name().to_owned(),
        colour: Design::ALL.iter().position(|other| other == design).unwrap_or(0),
        points: study
            .designs
            .iter()
            .flatten()
            .filter(|outcome| outcome.design == *design)
            .map(|outcome| (outcome.load, value(outcome)))
            .collect(),
    };
    designs.iter().map(line).collect()
}

fn by_ttl(study: &Study, value: impl Fn(&Outcome) -> f64) -> Vec<Line> {
    let line = |(index, curve): (usize, &Curve)| Line {
        name: curve.name.to_owned(),
        colour: index,
        points: TTLS_MS.iter().zip(&study.ttls).map(|(ttl, curve)| (f64::from(*ttl), value(&curve[index]))).collect(),
    };
    CURVES.iter().enumerate().map(line).collect()
}

const CHOSEN: Option<(f64, f64, &str)> = Some((2_000.0, 5_000.0, "default"));

fn cost_by_load(study: &Study) -> Panel {
    let lines = by_design(study, &Design::ALL, |outcome| outcome.used.dollars());
    let values = [0.2, 0.5, 1.0, 2.0, 5.0];
    let up =
        Scale { low: 0.2, high: 5.0, is_logarithmic: true, marks: marks(&values, |n| format!("${n:.2}")), title: "" };
    Panel { title: "Dollars for a million, keys used everywhere", across: loads(), up, lines, level: None, band: None }
}

fn object_by_load(study: &Study) -> Panel {
    let lines = by_design(study, &[Design::ALL[0], Design::ALL[1], Design::ALL[2]], |outcome| outcome.most);
    let values = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5];
    let up = Scale { low: 1.0, high: 200_000.0, is_logarithmic: true, marks: marks(&values, short), title: "" };
    let level = Some((SOFT_LIMIT, "what an object bears"));
    Panel {
        title: "Requests a second to the busiest object, everywhere",
        across: loads(),
        up,
        lines,
        level,
        band: None,
    }
}

fn cost_by_ttl(study: &Study) -> Panel {
    let lines = by_ttl(study, |outcome| outcome.used.dollars());
    let values = [0.3, 0.5, 0.7, 0.9, 1.1, 1.3];
    let up = Scale {
        low: 0.25,
        high: 1.35,
        is_logarithmic: false,
        marks: marks(&values, |n| format!("${n:.2}")),
        title: "",
    };
    Panel { title: "Dollars for a million, by length of leases", across: ttls(), up, lines, level: None, band: CHOSEN }
}

fn waits_by_ttl(study: &Study) -> Panel {
    let lines = by_ttl(study, |outcome| 100.0 * outcome.waits);
    let values = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0];
    let up =
        Scale { low: 0.0, high: 100.0, is_logarithmic: false, marks: marks(&values, |n| format!("{n} %")), title: "" };
    Panel {
        title: "Verifications that wait, by length of leases",
        across: ttls(),
        up,
        lines,
        level: None,
        band: CHOSEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_begin_at_their_low_and_end_at_their_high() {
        let scale = ttls();
        assert_eq!((scale.place(250.0), scale.place(60_000.0), scale.place(1e9)), (0.0, 1.0, 1.0));
        let middle = scale.place((250.0_f64 * 60_000.0).sqrt());
        assert!((middle - 0.5).abs() < 1e-12, "{middle}");
    }

    #[test]
    fn what_is_more_is_drawn_higher_and_further_right() {
        let up = Scale { low: 0.0, high: 10.0, is_logarithmic: false, marks: Vec::new(), title: "" };
        let line = Line { name: "a".to_owned(), colour: 2, points: vec![(250.0, 0.0), (60_000.0, 10.0)] };
        let panel = Panel { title: "t", across: ttls(), up, lines: vec![line], level: None, band: CHOSEN };
        assert!(
            panel.drawn().contains("<polyline class=\"line s2\" points=\"62.0,260.0 502.0,44.0\"/>"),
            "{}",
            panel.drawn()
        );
    }
}
