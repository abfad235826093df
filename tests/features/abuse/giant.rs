//! Documents that no server should work on for long.

/// Documents that are too much of something.
pub fn documents() -> Vec<(&'static str, String)> {
    let log_in = |n| {
        format!(
            "a{n}: sessionCreate(input: {{ username: \"ann\", password: \"guess {n}\" }}) {{ session {{ accessToken }} }}"
        )
    };
    let chain = each(2_000, |n| format!("fragment F{n} on Query {{ ...F{} }}", n + 1));
    let doubled = each(40, |n| format!("fragment F{n} on Query {{ ...F{m} ...F{m} }}", m = n + 1));
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    vec![
        ("nested braces", "{a".repeat(20_000)),
        ("nested brackets", format!("{{ node(id: {}", "[".repeat(50_000))),
        ("nested fields", format!("{{ viewer {} {}", "{ id".repeat(9_000), "}".repeat(9_001))),
        ("many fields", format!("{{ {} }}", "viewer { id } ".repeat(4_000))),
        ("many aliases", format!("{{ {} }}", each(1_500, |n| format!("a{n}: viewer {{ id }}")))),
        ("many directives", format!("{{ viewer {} {{ id }} }}", "@skip(if: false) ".repeat(3_000))),
        ("unknown directives", format!("{{ viewer {} {{ id }} }}", "@a ".repeat(10_000))),
        (
            "a chain of fragments",
            format!("{{ ...F0 }} {chain} fragment F2000 on Query {{ viewer {{ id }} }}"),
        ),
        (
            "fragments that double",
            format!("{{ ...F0 }} {doubled} fragment F40 on Query {{ viewer {{ id }} }}"),
        ),
        ("fragments in a circle", circle.to_owned()),
        ("many operations", each(3_000, |n| format!("query Q{n} {{ viewer {{ id }} }}"))),
        ("many log-ins", format!("mutation {{ {} }}", each(100, log_in))),
        ("a long name", format!("{{ {} }}", "a".repeat(60_000))),
        (
            "a long string",
            format!("{{ instruments(search: \"{}\") {{ nodes {{ id }} }} }}", "a".repeat(60_000)),
        ),
        ("a long comment", format!("# {}", "a".repeat(60_000))),
        ("a string without end", format!("{{ node(id: \"{}", "a".repeat(50_000))),
        ("control characters", "\u{0}\u{1}\u{feff}{".repeat(1_000)),
    ]
}

/// Each of these numbers, written.
fn each(count: u32, write: impl Fn(u32) -> String) -> String {
    (0..count).map(write).collect::<Vec<_>>().join(" ")
}
