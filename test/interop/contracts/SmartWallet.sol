// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The least that makes a smart wallet: calls what its owner says, and signs by its owner's word (ERC-1271).
/// It is put at its address as code; the owner stands in slot 0.
contract SmartWallet {
    address public owner;

    function execute(address to, uint256 value, bytes calldata data) external returns (bytes memory) {
        require(msg.sender == owner, "SmartWallet: not its owner");
        (bool done, bytes memory result) = to.call{value: value}(data);
        require(done, "SmartWallet: the call failed");
        return result;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        require(signature.length == 65, "SmartWallet: signature length");
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
        return signer == owner ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
