"""Making a version from labelled history: data, candidates, gate, contract and pictures. No servers."""
