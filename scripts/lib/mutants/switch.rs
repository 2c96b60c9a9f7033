//! Which of the ways to break the domain is in force, and which of its functions each test reaches. Put into the copy of the
//! crate that `npm run mutants` compiles, and nowhere else.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Instant;

/// The number of the mutant in force: `LATCHKEY_MUTANT`, 0 for none.
fn chosen() -> u32 {
    static CHOSEN: OnceLock<u32> = OnceLock::new();
    *CHOSEN.get_or_init(|| std::env::var("LATCHKEY_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0))
}

/// The file that is told what each test reaches: `LATCHKEY_MUTANT_REACHED`.
fn record() -> Option<&'static str> {
    static RECORD: OnceLock<Option<String>> = OnceLock::new();
    RECORD.get_or_init(|| std::env::var("LATCHKEY_MUTANT_REACHED").ok()).as_deref()
}

/// What one thread has reached, and since when. libtest runs each test in a thread of its name.
struct Reached {
    since: Instant,
    functions: Vec<bool>,
}

thread_local! {
    static REACHED: RefCell<Reached> = RefCell::new(Reached { since: Instant::now(), functions: Vec::new() });
}

impl Drop for Reached {
    fn drop(&mut self) {
        let (Some(file), Some(test)) = (record(), std::thread::current().name().map(str::to_owned)) else { return };
        let functions: Vec<String> = (0..self.functions.len()).filter(|number| self.functions[*number]).map(|number| number.to_string()).collect();
        let line = format!("{test}\t{}\t{}\n", self.since.elapsed().as_millis(), functions.join(" "));
        let _ = OpenOptions::new().create(true).append(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

/// The mutant to take in this function, which has those from `first` to `last`; 0 for what is written.
pub fn at(function: usize, first: u32, last: u32) -> u32 {
    if record().is_some() {
        let _ = REACHED.try_with(|reached| {
            let functions = &mut reached.borrow_mut().functions;
            if functions.len() <= function {
                functions.resize(function + 1, false);
            }
            functions[function] = true;
        });
    }
    let chosen = chosen();
    if first <= chosen && chosen <= last { chosen } else { 0 }
}
