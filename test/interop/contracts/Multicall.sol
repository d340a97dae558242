// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The one function of Multicall3 that a facilitator calls to find out why a payment would fail.
contract Multicall {
    struct Call {
        address target;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    function tryAggregate(bool requireSuccess, Call[] calldata calls) external payable returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 at = 0; at < calls.length; at++) {
            (bool success, bytes memory returnData) = calls[at].target.call(calls[at].callData);
            require(success || !requireSuccess, "Multicall3: call failed");
            results[at] = Result(success, returnData);
        }
    }
}
