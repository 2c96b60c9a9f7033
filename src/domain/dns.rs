//! Messages of the DNS (RFC 1035): the question for the texts that stand under a name, and what an answer says.
//!
//! An answer is read lazily and only as far as it matters. Whatever is wrong with it makes it no answer, which is something
//! else than one that says that there is nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dns::base::iana::{Class, Opcode, Rcode, Rtype};
use dns::base::{Message, MessageBuilder, Name};
use dns::dep::octseq::Array;
use dns::rdata::Txt;

/// A name as messages have it.
type Written = Name<Array<255>>;

/// How long (bytes) a question is at most: a header, a name, a type and a class.
const MESSAGE_BYTES: usize = 12 + 255 + 4;

/// The question for the TXT records of a name, as it stands in a URL (RFC 8484, section 4.1): the message with the id 0, so
/// that equal questions are equal, in base64url. None for what is no name.
#[must_use]
pub fn question(name: &str) -> Option<String> {
    let name: Written = name.parse().ok()?;
    let mut builder = MessageBuilder::from_target(Array::<MESSAGE_BYTES>::new()).ok()?.question();
    builder.header_mut().set_id(0);
    builder.header_mut().set_rd(true);
    builder.push((&name, Rtype::TXT, Class::IN)).ok()?;
    Some(URL_SAFE_NO_PAD.encode(builder.finish()))
}

/// The texts that an answer says stand under a name, there or where an alias (CNAME) leads. None if it is no answer to that
/// question, or tells of a failure; no text at all if it says that there is none.
#[must_use]
pub fn texts(name: &str, message: &[u8]) -> Option<Vec<Vec<u8>>> {
    let wanted: Written = name.parse().ok()?;
    let message = Message::from_octets(message).ok()?;
    let header = message.header();
    let asked = message.sole_question().ok()?;
    let is_answer = header.qr() && !header.tc() && header.opcode() == Opcode::QUERY;
    if !is_answer || *asked.qname() != wanted || asked.qtype() != Rtype::TXT || asked.qclass() != Class::IN {
        return None;
    }
    match header.rcode() {
        Rcode::NXDOMAIN => return Some(Vec::new()),
        Rcode::NOERROR => {}
        _ => return None,
    }
    let owner = message.canonical_name()?;
    let mut texts = Vec::new();
    for record in message.answer().ok()?.limit_to_in::<Txt<_>>() {
        let record = record.ok()?;
        if *record.owner() == owner {
            // A text of more than 255 bytes is stored in pieces.
            texts.push(record.data().iter().flatten().copied().collect());
        }
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use dns::base::record::Ttl;
    use dns::rdata::Cname;
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "_latchkey.example.com";

    fn named(name: &str) -> Written {
        name.parse().unwrap()
    }

    /// An answer: its code, aliases, and texts in pieces.
    fn answer(rcode: Rcode, aliases: &[(&str, &str)], texts: &[(&str, &[&str])]) -> Vec<u8> {
        let mut builder = MessageBuilder::from_target(Array::<2_048>::new()).unwrap().question();
        builder.header_mut().set_qr(true);
        builder.header_mut().set_rcode(rcode);
        builder.push((named(NAME), Rtype::TXT, Class::IN)).unwrap();
        let mut builder = builder.answer();
        let ttl = Ttl::from_secs(60);
        for (owner, target) in aliases {
            builder.push((named(owner), Class::IN, ttl, Cname::new(named(target)))).unwrap();
        }
        for (owner, pieces) in texts {
            let bytes: Vec<u8> = pieces
                .iter()
                .flat_map(|piece| [u8::try_from(piece.len()).unwrap()].into_iter().chain(piece.bytes()))
                .collect();
            builder.push((named(owner), Class::IN, ttl, Txt::from_octets(bytes).unwrap())).unwrap();
        }
        builder.finish().as_ref().to_vec()
    }

    fn said(message: &[u8]) -> Option<Vec<String>> {
        let texts = texts(NAME, message)?;
        Some(texts.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn a_question_is_the_one_of_the_standard() {
        // RFC 8484, section 4.1.1, asks for A of www.example.com: the same but for name and type.
        let expected =
            [&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], b"\x09_latchkey\x07example\x03com\x00", &[0, 16, 0, 1]]
                .concat();
        assert_eq!(question(NAME).unwrap(), URL_SAFE_NO_PAD.encode(expected));
        assert_eq!(question(&format!("{}example", "a.".repeat(200))), None);
        let longest = [63, 63, 63, 61].map(|length| "a".repeat(length)).join(".");
        assert!(question(&longest).is_some());
    }

    #[test]
    fn texts_are_read_whole_under_the_name_or_where_it_leads() {
        let plain =
            answer(Rcode::NOERROR, &[], &[(NAME, &["one"]), (NAME, &["t", "w", "o"]), ("other.example", &["x"])]);
        assert_eq!(said(&plain).unwrap(), ["one", "two"]);
        let upper = answer(Rcode::NOERROR, &[], &[("_LATCHKEY.Example.COM", &["one"])]);
        assert_eq!(said(&upper).unwrap(), ["one"], "names know no case");
        let aliases = [("a.example.net", "b.example.org"), (NAME, "a.example.net")];
        let led = answer(Rcode::NOERROR, &aliases, &[("b.example.org", &["there"]), (NAME, &["beside an alias"])]);
        assert_eq!(said(&led).unwrap(), ["there"]);
    }

    #[test]
    fn nothing_is_something_else_than_no_answer() {
        assert_eq!(said(&answer(Rcode::NOERROR, &[], &[])).unwrap(), [""; 0]);
        assert_eq!(said(&answer(Rcode::NXDOMAIN, &[], &[])).unwrap(), [""; 0]);
        for rcode in [Rcode::SERVFAIL, Rcode::REFUSED, Rcode::FORMERR, Rcode::NOTIMP] {
            assert_eq!(said(&answer(rcode, &[], &[(NAME, &["one"])])), None, "{rcode}");
        }
        let good = answer(Rcode::NOERROR, &[], &[(NAME, &["one"])]);
        let changed = |place: usize, bits: u8| {
            let mut message = good.clone();
            message[place] ^= bits;
            said(&message)
        };
        assert_eq!(changed(2, 0x80), None, "a question");
        assert_eq!(changed(2, 0x02), None, "cut off");
        assert_eq!(changed(2, 0x08), None, "no query");
        assert_eq!(changed(36, 0x01), None, "about another type");
        assert_eq!(changed(38, 0x02), None, "about another class");
        assert_eq!(changed(14, 0x01), None, "the answer to another question");
        assert_eq!(texts("_latchkey.example.org", &good), None);
        assert_eq!(said(&good[..good.len() - 1]), None);
        let round = answer(Rcode::NOERROR, &[(NAME, "a.example"), ("a.example", NAME)], &[(NAME, &["one"])]);
        assert_eq!(said(&round), None, "aliases that lead nowhere");
    }

    proptest! {
        #[test]
        fn no_message_is_too_broken_to_be_read(noise: Vec<u8>, at in 0_usize..200, byte: u8) {
            drop(texts(NAME, &noise));
            let mut message = answer(Rcode::NOERROR, &[(NAME, "a.example")], &[("a.example", &["one"])]);
            if let Some(place) = message.get_mut(at) {
                *place = byte;
            }
            drop(texts(NAME, &message));
            message.truncate(at);
            drop(texts(NAME, &message));
        }
    }
}
