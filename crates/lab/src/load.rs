//! Connections in the background, from other people.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::LabError;
use crate::namespace::Host;
use crate::scenario::{Load, Visit};

const PATIENCE: Duration = Duration::from_secs(3);

/// Makes the connections; those to be held stay open for as long as the returned streams live.
pub(crate) fn visit(host: &Host, load: &Load) -> Result<Vec<TcpStream>, LabError> {
    let to: SocketAddr = load
        .to
        .parse()
        .map_err(|_| LabError::Unfit(format!("{:?} is no address and port", load.to)))?;
    host.run("visit", || {
        let mut held = Vec::new();
        for _ in 0..load.count {
            match load.visit {
                Visit::Hold => {
                    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
                    stream.set_read_timeout(Some(PATIENCE))?;
                    // One banner read means that the server has taken this connection from its queue.
                    let _ = stream.read(&mut [0_u8; 256])?;
                    held.push(stream);
                }
                Visit::Leave => {
                    if let Ok(mut stream) = TcpStream::connect_timeout(&to, PATIENCE / 10) {
                        stream.set_read_timeout(Some(PATIENCE / 10))?;
                        let _ = stream.read(&mut [0_u8; 256]);
                    }
                }
            }
        }
        Ok(held)
    })
}
