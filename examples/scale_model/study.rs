//! All that is simulated: the designs by load, leases by length, and what changes if an assumption does.

use crate::designs::{Design, Outcome, measure};
use crate::protocol::TTL_MS_DEFAULT;
use crate::world::{LOCATIONS, Traffic};

/// Verifications a second of the comparison.
pub(crate) const LOADS: [f64; 5] = [100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0];
/// From how many locations a key is used that is not used from everywhere.
const FEW: usize = 3;
/// The points of the curves (ms).
pub(crate) const TTLS_MS: [u32; 9] = [250, 500, 1_000, 2_000, 3_500, 5_000, 10_000, 30_000, 60_000];

/// One of the curves by ttl.
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    load: f64,
    key_locations: usize,
}

/// Two loads, each in the two ways in which keys are used.
pub(crate) const CURVES: [Curve; 4] = [
    Curve { name: "10 k/s, everywhere", load: 10_000.0, key_locations: LOCATIONS },
    Curve { name: "1 M/s, everywhere", load: 1_000_000.0, key_locations: LOCATIONS },
    Curve { name: "10 k/s, local", load: 10_000.0, key_locations: FEW },
    Curve { name: "1 M/s, local", load: 1_000_000.0, key_locations: FEW },
];

/// What came out.
pub(crate) struct Study {
    /// For each load, each design; keys are used from everywhere.
    pub(crate) designs: Vec<Vec<Outcome>>,
    /// The same where keys are used from a few locations.
    pub(crate) local: Vec<Vec<Outcome>>,
    /// For each ttl, each curve.
    pub(crate) ttls: Vec<Vec<Outcome>>,
    /// The leased design at the highest load, under other assumptions.
    pub(crate) variants: Vec<(&'static str, Outcome)>,
}

impl Study {
    pub(crate) fn carry_out() -> Self {
        let said = |what: &str| eprintln!("{what} …");
        let by_load = |key_locations| {
            let of = |load: &f64| {
                let traffic = Traffic { key_locations, ..Traffic::of(*load) };
                Design::ALL.iter().map(|design| measure(*design, traffic)).collect()
            };
            LOADS.iter().map(of).collect()
        };
        said("designs by load");
        let (designs, local) = (by_load(LOCATIONS), by_load(FEW));
        said("leases by length");
        let point = |ttl_ms: &u32| {
            let of = |curve: &Curve| Traffic { key_locations: curve.key_locations, ..Traffic::of(curve.load) };
            CURVES.iter().map(|curve| measure(Design::LeasedFor(*ttl_ms), of(curve))).collect()
        };
        let ttls = TTLS_MS.iter().map(point).collect();
        said("other assumptions");
        let all = Traffic::of(1_000_000.0);
        let few = Traffic { key_locations: FEW, ..all };
        let (leased, handing) = (Design::Leased(TTL_MS_DEFAULT), Design::HandingOut(100));
        let variants = [
            ("an isolate serves 2,000/s", leased, Traffic { per_isolate: 2_000.0, ..all }),
            ("at most 100 keys in a session", leased, Traffic { most_keys: 100, ..all }),
            ("at most 10 keys in a session", leased, Traffic { most_keys: 10, ..all }),
            ("`ttlMs` 60,000", Design::Leased(60_000), all),
            ("not built: each answer brings the 100 busiest keys", handing, all),
            ("local; an isolate serves 2,000/s", leased, Traffic { per_isolate: 2_000.0, ..few }),
            ("local; at most 10 keys in a session", leased, Traffic { most_keys: 10, ..few }),
            ("local; `ttlMs` 60,000", Design::Leased(60_000), few),
            ("local; not built: each answer brings the 100 busiest keys", handing, few),
        ];
        let variants = variants.map(|(name, design, traffic)| (name, measure(design, traffic))).into();
        Self { designs, local, ttls, variants }
    }

    /// What the default makes of the traffic of a curve.
    pub(crate) fn chosen(&self, curve: &Curve) -> Option<&Outcome> {
        let by_load = if curve.key_locations == LOCATIONS { &self.designs } else { &self.local };
        let index = LOADS.iter().position(|load| *load == curve.load)?;
        by_load.get(index)?.first()
    }
}
