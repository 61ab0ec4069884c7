//! Everything that is recognised, one file for each family of programs.

mod libraries;
mod openssh_client;
mod openssh_session;
mod server_login;
mod server_start;
mod tools;

use super::sign::Sign;

const FAMILIES: [&[Sign]; 6] = [
    openssh_client::SIGNS,
    openssh_session::SIGNS,
    server_start::SIGNS,
    server_login::SIGNS,
    libraries::SIGNS,
    tools::SIGNS,
];

/// Every sign.
pub(super) fn all() -> impl Iterator<Item = &'static Sign> {
    FAMILIES.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sign::Meaning;
    use crate::catalogue;

    #[test]
    fn signs_name_causes_of_the_catalogue_and_no_words_stand_twice() {
        let mut words = BTreeSet::new();
        for sign in super::all() {
            assert!(words.insert(sign.words), "{:?} stands twice", sign.words);
            assert!(sign.words.len() >= 5, "{:?}", sign.words);
            let causes = match sign.meaning {
                Meaning::Stops(stop) => stop.causes,
                Meaning::Hints(causes) => causes,
                _ => &[],
            };
            for id in causes {
                assert!(catalogue::find(id).is_some(), "{:?}: {id}", sign.words);
            }
        }
    }
}
