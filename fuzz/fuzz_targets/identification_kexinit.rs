//! Everything a server sends in the clear: text, identification string, packets, KEXINIT. The first byte sets the size
//! of the pieces in which the rest arrives.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_wire::{
    IdentificationReader, KexInit, Message, PacketReader, Progress, first_bytes, negotiate, packet,
};

fuzz_target!(|input: &[u8]| {
    let Some((&size, stream)) = input.split_first() else {
        return;
    };
    let mut whole = IdentificationReader::new();
    let at_once = whole.feed(stream);
    let mut pieces = IdentificationReader::new();
    for piece in stream.chunks(usize::from(size) + 1) {
        pieces.feed(piece);
    }
    assert_eq!(
        whole.consumed(),
        pieces.consumed(),
        "pieces differ from the whole"
    );
    let _ = whole.verdict_at_end();
    let Progress::Identified(identification) = at_once else {
        let _ = first_bytes::recognise(stream);
        read_packets(stream);
        return;
    };
    assert!(identification.consumed <= stream.len());
    read_packets(&stream[identification.consumed..]);
});

fn read_packets(stream: &[u8]) {
    let mut reader = PacketReader::new();
    reader.feed(stream);
    while let Ok(Some(payload)) = reader.next_payload() {
        if let Ok(Message::KexInit(offer)) = Message::parse(&payload) {
            assert_eq!(KexInit::parse(&offer.encode()).as_ref(), Ok(&*offer));
            let _ = negotiate(&offer, &offer);
        }
        let mut again = PacketReader::new();
        again.feed(&packet::encode(&payload));
        assert_eq!(again.next_payload(), Ok(Some(payload)));
    }
}
