//! The README shows the examples as they stand; tests/client of the repository runs them before the real service.

#[test]
fn the_readme_has_the_examples_in_it() {
    let readme = include_str!("../../README.md");
    let examples = [
        include_str!("../../examples/verify.rs"),
        include_str!("../../examples/manage.rs"),
        include_str!("../../../../examples/axum/src/main.rs"),
    ];
    assert_eq!(readme.matches("```rust").count(), examples.len());
    for example in examples {
        // Without what each file says about itself.
        let code = example.get(example.find("\nuse ").unwrap()..).unwrap().trim_start();
        assert!(readme.contains(&format!("```rust\n{code}```")), "not in the README:\n{code}");
    }
}
